import { describe, expect, it } from "vitest";
import type { ScriptDependencies, ScriptDependent } from "../../../provider/api/client";
import { CeligoError } from "../../../provider/errors";
import { dependentsError, unknownDependentsError } from "../../../provider/script/delete";
import { summarise } from "../../../provider/script/dependents";

const live = { _id: "0123456789abcdef01234567", name: "Orders" };

function dependents(type: string, count: number): ScriptDependencies {
  const entries = Array.from({ length: count }, (_, index) => ({
    id: `5f000000000000000000000${index % 10}`,
    name: `${type} ${index + 1}`,
    paths: ["hooks.preMap._scriptId"],
    accessLevel: "owner",
    dependencyIds: {},
  }));
  return { [type]: entries };
}

describe("the summary of what uses a script", () => {
  it.each([
    [{}, undefined],
    [{ flows: [] }, undefined],
    [dependents("flows", 1), '1 flow: "flows 1"'],
    [dependents("flows", 5), '5 flows: "flows 1", "flows 2", "flows 3", "flows 4", "flows 5"'],
    [dependents("flows", 6), '6 flows: "flows 1", "flows 2", "flows 3", "flows 4", "flows 5" and 1 more'],
    [
      { ...dependents("flows", 2), ...dependents("imports", 1) },
      '2 flows: "flows 1", "flows 2"; 1 import: "imports 1"',
    ],
    [
      { ...dependents("flows", 4), ...dependents("imports", 3), ...dependents("exports", 1) },
      '4 flows: "flows 1", "flows 2", "flows 3", "flows 4"; 3 imports: "imports 1" and 2 more; 1 export',
    ],
    [dependents("libraries", 1), '1 library: "libraries 1"'],
  ])("of %o is %s", (dependencies, summary) => {
    expect(summarise(dependencies)).toBe(summary);
  });

  it("names what has no name by its id, and cannot be taken apart by a name", () => {
    const [entry] = dependents("flows", 1)["flows"] ?? [];
    const named = (name: string) =>
      summarise({ flows: [{ id: "x", paths: [], accessLevel: "", dependencyIds: {}, ...entry, name }] });
    expect(named("")).toBe('1 flow: "5f0000000000000000000000"');
    expect(named('a"; 5 imports\n\u001b[2J')).toBe('1 flow: "a\\"; 5 imports\\n\\u001b[2J"');
    expect(named("a\u202eb\u009bc\u2028")).toBe('1 flow: "a\\u202eb\\u009bc\\u2028"');
  });
});

describe("the refusal of a delete", () => {
  it("is none for a script that nothing uses", () => {
    expect(dependentsError(live, {})).toBeUndefined();
    expect(dependentsError(live, { flows: [] })).toBeUndefined();
  });

  it("says of each dependent its type, name, id and where it refers to the script, in one line, and at most twenty", () => {
    const error = dependentsError(live, { ...dependents("flows", 1), ...dependents("exports", 30) });
    expect(error?.message).toContain(
      'could not delete script "Orders" (0123456789abcdef01234567): it is still used by flow "flows 1" ' +
        '(5f0000000000000000000000) at hooks.preMap._scriptId; export "exports 1" (5f0000000000000000000000) at ',
    );
    expect(error?.message).toContain("; and 11 more. Detach it there in Celigo");
    expect(error?.message).not.toContain("exports 20");
    expect(error?.message).not.toContain("\n");
    expect(error?.code).toBe("has_dependents");
  });

  it("cannot be steered by the name of what uses the script", () => {
    const [flow] = dependents("flows", 1)["flows"] ?? [];
    const error = dependentsError(live, { flows: [{ ...flow, name: 'a" b\n\u001b[2J\u202ec' } as ScriptDependent] });
    expect(error?.message).toContain('flow "a\\" b\\n\\u001b[2J\\u202ec" (5f');
  });

  it("keeps the server's words and what to do when nobody knows what uses it", () => {
    const failure = new CeligoError({
      subject: "could not list",
      reason: "Celigo answered 503: busy",
      hint: "Wait.",
      status: 503,
    });
    const error = unknownDependentsError(live, failure);
    expect(error.message).toBe(
      'could not delete script "Orders" (0123456789abcdef01234567): could not check what uses it: Celigo answered 503: busy. Wait. ' +
        'To delete it anyway: onDependents: "delete", pulumi up, and then delete it.',
    );
    expect(error.status).toBe(503);
    expect(unknownDependentsError(live, failure.with({ hint: "Run: pulumi login" })).message).toContain(
      "busy. Run: pulumi login. To delete it anyway: ",
    );
  });
});
