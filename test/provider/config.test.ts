import { inspect } from "node:util";
import { afterEach, describe, expect, it, vi } from "vitest";
import {
  type Configuration,
  plainTextTokenWarning,
  readConfiguration,
  regionUrls,
  type SettingName,
  settings,
  unknownSettings,
} from "../../provider/config";
import { CeligoError } from "../../provider/errors";
import { nearest } from "../../provider/text";
import { growth } from "../growth";

const secret = "c0ffee4f9a-do-not-show";

type Values = Readonly<Partial<Record<SettingName, string>>>;

function read(stack: Values, environment: Readonly<Record<string, string | undefined>> = {}): Configuration {
  return readConfiguration((name) => stack[name], environment);
}

/** The same setting, from the stack's configuration and from the environment. */
function places(name: SettingName, value: string) {
  return [
    { source: `celigo:${name} in the stack's configuration`, read: () => read({ [name]: value }) },
    { source: `${settings[name]} in the environment`, read: () => read({}, { [settings[name]]: value }) },
  ];
}

function failure(run: () => unknown): CeligoError {
  try {
    run();
  } catch (error) {
    expect(error).toBeInstanceOf(CeligoError);
    return error as CeligoError;
  }
  throw new Error("This was expected to fail.");
}

/** Expects that a value is refused wherever it is set, with words about the source, and returns these words. */
function refusal(name: SettingName, value: string): string {
  const [stack, environment] = places(name, value).map((place) => {
    const error = failure(place.read);
    expect(error.code).toBe("invalid_configuration");
    expect(error.message).toMatch(/^invalid configuration \(.*\): \S.*[.] [A-Z].*\.$/);
    expect(error.message).toContain(`(${place.source})`);
    expect(error.message).not.toMatch(/[\r\n]/);
    return error.message.replace(place.source, "");
  });
  expect(stack).toBe(environment);
  return stack ?? "";
}

afterEach(() => {
  vi.unstubAllEnvs();
});

describe("the configuration", () => {
  it("has defaults for everything but the token, which may be missing", () => {
    expect(read({})).toEqual({
      baseUrl: "https://api.integrator.io",
      maxConcurrency: 32,
      requestTimeout: 30,
      onNameTaken: "fail",
      checkToken: false,
      allLines: false,
    });
    expect("token" in read({})).toBe(false);
  });

  it("comes from the stack, or from the environment, which wins", () => {
    const stack = {
      apiToken: "stack-token",
      baseUrl: "https://stack.example",
      maxConcurrency: "3",
      requestTimeout: "4.5",
      onNameTaken: "adopt",
      checkToken: "true",
      allLines: "true",
    };
    expect(read(stack)).toEqual({
      baseUrl: "https://stack.example",
      addressSource: "celigo:baseUrl in the stack's configuration",
      token: { value: "stack-token", source: "celigo:apiToken in the stack's configuration" },
      maxConcurrency: 3,
      requestTimeout: 4.5,
      onNameTaken: "adopt",
      checkToken: true,
      allLines: true,
    });
    const environment = {
      CELIGO_API_TOKEN: "environment-token",
      CELIGO_BASE_URL: "https://environment.example",
      CELIGO_MAX_CONCURRENCY: "5",
      CELIGO_REQUEST_TIMEOUT: "6",
      CELIGO_ON_NAME_TAKEN: "create",
      CELIGO_CHECK_TOKEN: "false",
      CELIGO_ALL_LINES: "false",
    };
    expect(read(stack, environment)).toEqual({
      baseUrl: "https://environment.example",
      addressSource: "CELIGO_BASE_URL in the environment",
      token: { value: "environment-token", source: "CELIGO_API_TOKEN in the environment" },
      maxConcurrency: 5,
      requestTimeout: 6,
      onNameTaken: "create",
      checkToken: false,
      allLines: false,
    });
  });

  it("reads the process's own environment, as it is at that moment", () => {
    for (const name of Object.values(settings)) vi.stubEnv(name, undefined);
    expect(readConfiguration(() => undefined).token).toBeUndefined();
    vi.stubEnv("CELIGO_API_TOKEN", "now");
    vi.stubEnv("CELIGO_REGION", "eu");
    expect(readConfiguration(() => undefined)).toMatchObject({ token: { value: "now" }, baseUrl: regionUrls.eu });
  });

  it.each(["", " ", "\t\n"])("takes the empty value %j in the environment, or in the stack, for unset", (empty) => {
    const environment = Object.fromEntries(Object.values(settings).map((name) => [name, empty]));
    const stack = { apiToken: "stack-token", region: "eu", maxConcurrency: "3" };
    expect(read(stack, environment)).toEqual(read(stack));
    const nothing = Object.fromEntries(Object.keys(settings).map((name) => [name, empty]));
    expect(read(nothing, environment)).toEqual(read({}));
  });

  it("cuts off blanks around a value, as a copied one has them", () => {
    expect(read({}, { CELIGO_API_TOKEN: ` ${secret}\n`, CELIGO_MAX_CONCURRENCY: " 7 " })).toMatchObject({
      token: { value: secret },
      maxConcurrency: 7,
    });
  });
});

describe("the token", () => {
  it.each([`${secret} two`, `${secret}\nX-Other: header`, `${secret}ä`, `“${secret}”`, `${secret}\u0000`])(
    "is refused when it cannot be one, and never shown (%#)",
    (value) => {
      expect(refusal("apiToken", value)).not.toContain("c0ffee");
      for (const place of places("apiToken", value)) {
        expect(inspect(failure(place.read), { customInspect: false, showHidden: true })).not.toContain("c0ffee");
      }
    },
  );

  it("is not shown either when it was set in another place", () => {
    for (const name of Object.keys(settings).filter((name) => name !== "apiToken") as SettingName[]) {
      expect(refusal(name, secret), name).not.toContain("c0ffee");
      expect(refusal(name, `${secret}${secret}`), name).not.toContain("c0ffee");
    }
    for (const url of [
      `https://user:${secret}@api.integrator.io`,
      `https://${secret}@api.integrator.io`,
      `https://user:${secret}@host:99999`,
      `https://api.integrator.io?token=${secret}`,
      `https://api.integrator.io#${secret}`,
      `http://user:${secret}@elsewhere.example/${secret}`,
      `http://elsewhere.example/${secret}`,
      `ftp://elsewhere.example/${secret}`,
      `${secret}:secret`,
    ]) {
      expect(refusal("baseUrl", url), url).not.toContain("c0ffee");
    }
  });
});

describe("the address", () => {
  it("is that of the region, in any case", () => {
    expect(read({ region: "us" }).baseUrl).toBe("https://api.integrator.io");
    expect(read({ region: "eu" }).baseUrl).toBe("https://api.eu.integrator.io");
    expect(read({ region: "us" }, { CELIGO_REGION: "EU" }).baseUrl).toBe("https://api.eu.integrator.io");
  });

  it.each(["usa", "eu-west", "constructor", "__proto__"])("is not that of a region %s", (region) => {
    const words = refusal("region", region);
    expect(words).toContain(`"${region}" is not a region`);
    expect(words).toContain("us or eu");
  });

  it("of its own wins over a region, even a bad one", () => {
    expect(read({ region: "nowhere", baseUrl: "https://proxy.example" }).baseUrl).toBe("https://proxy.example");
  });

  it.each([
    ["https://proxy.example", "https://proxy.example"],
    ["https://proxy.example/", "https://proxy.example"],
    ["https://proxy.example///", "https://proxy.example"],
    ["https://proxy.example:8443/celigo/api/", "https://proxy.example:8443/celigo/api"],
    ["HTTPS://Proxy.Example/Celigo", "https://proxy.example/Celigo"],
    ["https://proxy.example:443", "https://proxy.example"],
    ["https://proxy.example?", "https://proxy.example"],
    ["https://[2001:db8::1]:8443", "https://[2001:db8::1]:8443"],
  ])("%s is used as %s", (value, expected) => {
    for (const place of places("baseUrl", value)) expect(place.read().baseUrl).toBe(expected);
  });

  it.each([
    "http://localhost",
    "http://localhost:3000/prefix",
    "http://127.0.0.1:3000",
    "http://127.1.2.3",
    "http://[::1]:3000",
  ])("%s needs no encryption, because it does not leave this machine", (value) => {
    expect(read({ baseUrl: value }).baseUrl).toBe(value);
  });

  it.each([
    "http://api.integrator.io",
    "http://0.0.0.0:3000",
    "http://128.0.0.1",
    "http://localhost.example",
    "http://127.0.0.1.example",
    "http://x127.0.0.1.example",
    "http://mylocalhost",
    "http://[::2]",
    "http://[::ffff:7f00:1]",
    "http://10.0.0.1/127.0.0.1",
  ])("%s would send the token in the clear", (value) => {
    const words = refusal("baseUrl", value);
    expect(words).toContain("would send the token in the clear");
    expect(words).toContain("Use https");
    expect(words).toContain(new URL(value).host);
  });

  it.each([
    "api.integrator.io",
    "https://",
    "not an address",
    "localhost:3000",
    "api.integrator.io:443",
    "ftp://api.integrator.io",
    "file:///etc/passwd",
    "mailto:x@y.example",
    "//api.integrator.io",
  ])("%s is none", (value) => {
    expect(refusal("baseUrl", value)).toMatch(/not an http or https address.*such as https:\/\/api\.integrator\.io/);
  });

  it.each(["https://proxy.example?x=1", "https://proxy.example/#x", "https://proxy.example/a?b#c"])(
    "%s has what an address cannot have",
    (value) => {
      expect(refusal("baseUrl", value)).toContain("a query or a fragment");
    },
  );

  it.each(["https://user:password@proxy.example", "https://user@proxy.example", "https://:password@proxy.example"])(
    "%s authorises in a way that is not used",
    (value) => {
      const words = refusal("baseUrl", value);
      expect(words).toContain("Only CELIGO_API_TOKEN authorises");
      expect(words).not.toMatch(/user:|:password|user@/);
    },
  );
});

describe("a number", () => {
  it.each([
    ["maxConcurrency", "1", 1],
    ["maxConcurrency", "1000", 1000],
    ["requestTimeout", "0.1", 0.1],
    ["requestTimeout", "3600", 3600],
    ["requestTimeout", "2.5", 2.5],
  ] as const)("%s can be %s", (name, value, expected) => {
    for (const place of places(name, value)) expect(place.read()[name]).toBe(expected);
  });

  it.each([
    ["maxConcurrency", "0"],
    ["maxConcurrency", "-1"],
    ["maxConcurrency", "1001"],
    ["maxConcurrency", "2.5"],
    ["maxConcurrency", "lots"],
    ["maxConcurrency", "3 4"],
    ["maxConcurrency", "NaN"],
    ["maxConcurrency", "Infinity"],
    ["requestTimeout", "0"],
    ["requestTimeout", "0.09"],
    ["requestTimeout", "3601"],
    ["requestTimeout", "30s"],
    ["requestTimeout", "1,5"],
  ] as const)("%s cannot be %s", (name, value) => {
    const words = refusal(name, value);
    expect(words).toContain(`"${value}" is not a `);
    expect(words).toContain(name === "maxConcurrency" ? "whole number from 1 to 1000" : "number from 0.1 to 3600");
    expect(words).toContain(`default of ${name === "maxConcurrency" ? 32 : 30}`);
  });
});

describe("what happens when a name is taken", () => {
  it.each(["fail", "adopt", "create"] as const)("can be %s", (value) => {
    for (const place of places("onNameTaken", value)) expect(place.read().onNameTaken).toBe(value);
  });

  it("cannot be anything else", () => {
    expect(refusal("onNameTaken", "ignore")).toContain('"ignore"');
    expect(refusal("onNameTaken", "constructor")).toContain("adopt");
  });
});

describe.each(["checkToken", "allLines"] as const)("the switch %s", (name) => {
  it.each([
    ["true", true],
    ["false", false],
  ])("can be %s", (value, expected) => {
    for (const place of places(name, value)) expect(place.read()[name]).toBe(expected);
  });

  it.each(["yes", "1", "TRUE", "toString"])("cannot be %s", (value) => {
    expect(refusal(name, value)).toContain(`"${value}" is not a valid value. Set it to true or false.`);
  });
});

describe("a long address", () => {
  it("is read in linear time", () => {
    expect(growth((size) => read({ baseUrl: `https://proxy.example${"/".repeat(size)}x` }))).toBeLessThan(80);
  });
});

describe("a token in plain text", () => {
  it("is a warning that names the file and the state", () => {
    expect(plainTextTokenWarning).toMatch(
      /^celigo:apiToken is stored in plain text, in the .*file and in its state\. /,
    );
  });
});

describe("an unknown key", () => {
  it("is a warning that names the nearest known one, or all", () => {
    expect(unknownSettings(["celigo:apiTokn", "celigo:REGON", "celigo:somethingElse"])).toEqual([
      "Configuration key celigo:apiTokn is unknown and has no effect. Did you mean celigo:apiToken?",
      "Configuration key celigo:REGON is unknown and has no effect. Did you mean celigo:region?",
      `Configuration key celigo:somethingElse is unknown and has no effect. Known keys: ${Object.keys(settings).join(", ")}.`,
    ]);
  });

  it("is none of another namespace, and none that is known", () => {
    const known = Object.keys(settings).map((name) => `celigo:${name}`);
    expect(unknownSettings([...known, "aws:region", "project:celigo", "celigoX:apiTokn", "apiTokn"])).toEqual([]);
    expect(unknownSettings(["celigo:constructor"])).toHaveLength(1);
  });

  it("is the project's own in a project called celigo, unless it looks like a setting", () => {
    const keys = ["celigo:flowId", "celigo:apiTokn"];
    expect(unknownSettings(keys, "celigo")).toEqual([expect.stringContaining("celigo:apiTokn")]);
    expect(unknownSettings(keys, "shop")).toHaveLength(2);
  });
});

describe("the nearest word", () => {
  it.each([
    ["descripton", "description"],
    ["Content", "content"],
    ["contentt", "content"],
    ["nmae", "name"],
    ["template", "templateId"],
  ])("to %s is %s", (word, expected) => {
    expect(nearest(word, ["name", "content", "description", "templateId"])).toBe(expected);
  });

  it("is none where none is near", () => {
    expect(nearest("expectedHash", ["name", "content"])).toBeUndefined();
    expect(nearest("", ["name"])).toBeUndefined();
    expect(nearest("name", [])).toBeUndefined();
  });
});
