import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import vm from "node:vm";
import { type Node, type Program, parse } from "acorn";
import { describe, expect, it } from "vitest";

const folder = join(__dirname, "../../examples/basic/hooks");

/** Per script: the function that Celigo uses when it is given no name, and the hook points of its functions. */
const scripts: Record<string, { readonly first: string; readonly hooks: Readonly<Record<string, string>> }> = {
  "normalize-orders.js": { first: "normalizeOrders", hooks: { normalizeOrders: "preSavePage" } },
  "dedupe-customers.js": { first: "dedupeCustomers", hooks: { dedupeCustomers: "preMap" } },
  "transliterate-addresses.js": { first: "transliterateAddresses", hooks: { transliterateAddresses: "preMap" } },
  "set-ship-dates.js": { first: "setShipDates", hooks: { setShipDates: "postMap" } },
  "explain-netsuite-errors.js": { first: "explainNetSuiteErrors", hooks: { explainNetSuiteErrors: "postSubmit" } },
  "confirm-inventory-file.js": { first: "confirmInventoryFile", hooks: { confirmInventoryFile: "postAggregate" } },
  "pick-cheapest-rate.js": { first: "pickCheapestRate", hooks: { pickCheapestRate: "postResponseMap" } },
  "skip-unfulfillable-orders.js": { first: "isFulfillable", hooks: { isFulfillable: "filter" } },
  "track-shipments.js": {
    first: "needsTracking",
    hooks: { needsTracking: "input_filter", applyTracking: "postResponseMap" },
  },
  "hash-customers-for-ads.js": { first: "hashCustomer", hooks: { hashCustomer: "transform" } },
  "standardize-regions.js": { first: "standardizeRegions", hooks: { standardizeRegions: "transform" } },
  "route-by-warehouse.js": { first: "routeByWarehouse", hooks: { routeByWarehouse: "branching" } },
  "order-status-api.js": { first: "handleOrderStatus", hooks: { handleOrderStatus: "handleRequest" } },
  "route-edi-documents.js": { first: "routeEdiDocument", hooks: { routeEdiDocument: "contentBasedFlowRouter" } },
  "warehouse-settings-form.js": { first: "warehouseSettingsForm", hooks: { warehouseSettingsForm: "formInit" } },
  "guard-flow-settings.js": { first: "guardFlowSettings", hooks: { guardFlowSettings: "preSave" } },
  "check-install-connections.js": { first: "checkInstallConnections", hooks: { checkInstallConnections: "step" } },
};

const hookPoints = [
  ...["preSavePage", "preMap", "postMap", "postSubmit", "postAggregate", "postResponseMap", "filter", "input_filter"],
  ...["transform", "branching", "handleRequest", "contentBasedFlowRouter", "formInit", "preSave", "step"],
];

function source(file: string): string {
  return readFileSync(join(folder, file), "utf8");
}

function parseModule(code: string): Program {
  return parse(code, { ecmaVersion: "latest", sourceType: "module" });
}

function importsOf(file: string): string[] {
  return parseModule(source(file)).body.flatMap((node) =>
    node.type === "ImportDeclaration" ? [String(node.source.value)] : [],
  );
}

type Modules = Readonly<Record<string, Readonly<Record<string, unknown>>>>;
type Hook = (options?: unknown) => unknown;

/** Loads a script as Celigo would: its imports are what `modules` offers, its functions can be called by name. */
function load(file: string, modules: Modules = {}): (name: string) => Hook {
  let code = source(file);
  const globals: Record<string, unknown> = { console: { log() {}, error() {} } };
  const blank = (node: Node): void => {
    code = code.slice(0, node.start) + code.slice(node.start, node.end).replace(/[^\n]/g, " ") + code.slice(node.end);
  };
  for (const node of parseModule(code).body) {
    if (node.type !== "ImportDeclaration") continue;
    const offered = modules[String(node.source.value)];
    if (!offered) throw new Error(`${file} imports ${node.source.value}, which the test does not offer.`);
    for (const specifier of node.specifiers) {
      const imported = specifier.type === "ImportSpecifier" ? (specifier.imported as { name: string }).name : "default";
      globals[specifier.local.name] = offered[imported];
    }
    blank(node);
  }
  const context = vm.createContext(globals);
  vm.runInContext(code, context, { filename: file });
  return (name) => (options) => {
    const result: unknown = (context[name] as Hook)(options);
    return result === undefined ? undefined : structuredClone(result);
  };
}

function hook(file: string, name = scripts[file]?.first ?? "", modules: Modules = {}): Hook {
  return load(file, modules)(name);
}

/** The part of dayjs that the scripts use, in UTC as Celigo's servers are. */
function dayjs(value: string | number | Date | null = new Date()) {
  const date = new Date(value ?? Number.NaN);
  return {
    isValid: () => !Number.isNaN(date.getTime()),
    hour: () => date.getUTCHours(),
    day: () => date.getUTCDay(),
    add: (count: number, unit: string): unknown => {
      if (unit !== "day") throw new Error(`The stand-in cannot add a ${unit}.`);
      return dayjs(date.getTime() + count * 86_400_000);
    },
    format: (pattern: string) => {
      if (pattern !== "YYYY-MM-DD") throw new Error(`The stand-in cannot format ${pattern}.`);
      return date.toISOString().slice(0, 10);
    },
  };
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

const sjcl = { hash: { sha256: { hash: sha256 } }, codec: { hex: { fromBits: (bits: string) => bits } } };

describe("the example scripts as a set", () => {
  it("are the ones this test knows, and cover every hook point", () => {
    expect(readdirSync(folder).sort()).toEqual(Object.keys(scripts).sort());
    const covered = Object.values(scripts).flatMap((script) => Object.values(script.hooks));
    expect([...new Set(covered)].sort()).toEqual([...hookPoints].sort());
  });

  it.each(Object.entries(scripts))("%s parses, and starts with its hook function", (file, script) => {
    const functions = parseModule(source(file)).body.flatMap((node) =>
      node.type === "FunctionDeclaration" ? [node] : [],
    );
    expect(functions[0]?.id.name).toBe(script.first);
    for (const name of Object.keys(script.hooks)) {
      expect(functions.find((node) => node.id.name === name)?.params).toMatchObject([{ name: "options" }]);
    }
  });

  it.each(Object.entries(scripts))(
    "%s says in a header which hook point it is for and what it is given",
    (file, script) => {
      const header = /^\/\*([\s\S]*?)\*\//.exec(source(file))?.[1] ?? "";
      for (const point of Object.values(script.hooks))
        expect(header).toMatch(new RegExp(`Hook points?:.*\\b${point}\\b`));
      expect(header).toMatch(/options\.\w+ +- /);
    },
  );

  it.each(Object.keys(scripts))("%s imports only what Celigo offers and requires nothing", (file) => {
    for (const name of importsOf(file)) expect(["integrator-api", "dayjs", "sjcl"]).toContain(name);
    expect(source(file)).not.toMatch(/\brequire\s*\(/);
  });
});

describe("the example scripts as content", () => {
  it("has one script in which every line ends in CRLF, and no other CR anywhere", () => {
    const text = source("explain-netsuite-errors.js");
    expect(text.match(/\r\n/g)?.length).toBe(text.split("\n").length - 1);
    expect(text.replace(/\r\n/g, "")).not.toMatch(/[\r\n]/);
    for (const file of Object.keys(scripts)) {
      if (file !== "explain-netsuite-errors.js") expect(source(file)).not.toContain("\r");
    }
  });

  it("has one script between 30 KB and 45,000 bytes, and the others well below", () => {
    const size = (file: string) => readFileSync(join(folder, file)).length;
    expect(size("standardize-regions.js")).toBeGreaterThan(30_720);
    expect(size("standardize-regions.js")).toBeLessThan(45_000);
    for (const file of Object.keys(scripts)) {
      if (file !== "standardize-regions.js") expect(size(file)).toBeLessThan(15_000);
    }
  });

  it("has one script with German, Japanese and emoji in it", () => {
    const text = source("transliterate-addresses.js");
    for (const part of ["Müller-Straße", "東京都", "トヨタ", "🎁"]) expect(text).toContain(part);
    expect(Buffer.byteLength(text)).toBeGreaterThan(text.length);
    expect(text.charCodeAt(0)).not.toBe(0xfeff);
  });

  it("has one script without any ES2015 syntax", () => {
    const old = Object.keys(scripts).filter((file) => {
      try {
        return Boolean(parse(source(file), { ecmaVersion: 5, sourceType: "script" }));
      } catch {
        return false;
      }
    });
    expect(old).toContain("skip-unfulfillable-orders.js");
    expect(old).not.toContain("normalize-orders.js");
  });

  it("has ES modules that import integrator-api, dayjs and sjcl", () => {
    expect(importsOf("order-status-api.js")).toEqual(["integrator-api"]);
    expect(importsOf("check-install-connections.js")).toEqual(["integrator-api"]);
    expect(importsOf("set-ship-dates.js")).toEqual(["dayjs"]);
    expect(importsOf("hash-customers-for-ads.js")).toEqual(["sjcl"]);
    expect(() => parse(source("order-status-api.js"), { ecmaVersion: "latest", sourceType: "script" })).toThrow();
  });

  it("has one script without a newline at its end", () => {
    expect(Object.keys(scripts).filter((file) => !source(file).endsWith("\n"))).toEqual(["confirm-inventory-file.js"]);
  });
});

describe("normalize-orders.js (preSavePage)", () => {
  const normalize = hook("normalize-orders.js");
  const order = {
    id: 5001,
    name: "#1001",
    order_number: 1001,
    email: " Ada@Example.com ",
    currency: "USD",
    processed_at: "2026-03-02T10:00:00Z",
    line_items: [
      { id: 1, sku: "mug-01", title: "Mug", price: "19.99", quantity: 2, discount_allocations: [{ amount: "4.00" }] },
      { id: 2, sku: "TEE-M", title: "Tee", price: "25.00", quantity: 1, taxable: false },
    ],
    shipping_lines: [{ code: "GROUND", price: "5.00" }],
    total_discounts: "4.00",
    total_tax: "3.00",
    total_price: "68.98",
    tags: "vip, wholesale",
  };

  it("returns orders in the shape of the flow, with the prefix from the settings", () => {
    expect(normalize({ data: [order], errors: [], settings: { flow: { orderPrefix: "US-" } } })).toEqual({
      data: [
        expect.objectContaining({
          externalId: "5001",
          orderNumber: "US-1001",
          email: "ada@example.com",
          total: 68.98,
          shipping: 5,
          tags: ["vip", "wholesale"],
          lines: [
            expect.objectContaining({ sku: "MUG-01", quantity: 2, price: 19.99, discount: 4, taxable: true }),
            expect.objectContaining({ sku: "TEE-M", taxable: false }),
          ],
        }),
      ],
      errors: [],
      abort: false,
      newErrorsAndRetryData: [],
    });
  });

  it("leaves test orders and cancelled ones out without an error", () => {
    const page = {
      data: [
        { ...order, test: true },
        { ...order, cancelled_at: "2026-03-02T11:00:00Z" },
      ],
    };
    expect(normalize(page)).toEqual({ data: [], errors: [], abort: false, newErrorsAndRetryData: [] });
  });

  it("reports an order whose totals do not add up, with its data for a retry", () => {
    const wrong = { ...order, total_price: "70.00" };
    expect(normalize({ data: [wrong, order] })).toMatchObject({
      data: [{ externalId: "5001" }],
      newErrorsAndRetryData: [
        { retryData: wrong, errors: [{ code: "TOTAL_MISMATCH", message: expect.stringContaining("1.02") }] },
      ],
    });
  });

  it("reports malformed records, one by one, and keeps the errors of the export", () => {
    const earlier = { code: "X", message: "before", source: "export" };
    const noPrice = { id: 1, line_items: [{ sku: "A", quantity: 1 }, null] };
    const result = normalize({ data: [null, {}, { id: 1, line_items: "none" }, noPrice], errors: [earlier] });
    expect(result).toMatchObject({
      data: [],
      errors: [earlier],
      newErrorsAndRetryData: [
        { retryData: null, errors: [{ code: "ORDER_NOT_AN_OBJECT" }] },
        { errors: [{ code: "ORDER_ID_MISSING" }] },
        { errors: [{ code: "ORDER_EMPTY" }] },
        {
          errors: [
            { code: "PRICE_INVALID" },
            { code: "SKU_MISSING" },
            { code: "PRICE_INVALID" },
            { code: "QUANTITY_INVALID" },
          ],
        },
      ],
    });
    expect(normalize({})).toEqual({ data: [], errors: [], abort: false, newErrorsAndRetryData: [] });
  });
});

describe("dedupe-customers.js (preMap)", () => {
  const dedupe = hook("dedupe-customers.js");

  it("keeps the newest record of each e-mail address, completed from the older ones", () => {
    const data = [
      { id: 1, email: "Ada@Example.com", phone: "+1 415 555 0101", updated_at: "2026-01-01T00:00:00Z", tags: "guest" },
      { id: 2, email: "bob@example.com", updated_at: "2026-01-01T00:00:00Z" },
      { id: 3, email: "ada@example.com ", phone: "", updated_at: "2026-02-01T00:00:00Z", tags: ["vip"] },
    ];
    expect(dedupe({ data })).toEqual([
      {},
      { data: expect.objectContaining({ id: 2, mergedIds: [] }) },
      {
        data: expect.objectContaining({
          id: 3,
          email: "ada@example.com",
          phone: "+1 415 555 0101",
          tags: ["vip", "guest"],
          mergedIds: [1],
        }),
      },
    ]);
  });

  it("takes the later of two that were changed at the same time, and matches by phone without an e-mail", () => {
    const data = [
      { id: 1, phone: "(415) 555-0101" },
      { id: 2, phone: "415.555.0101" },
    ];
    expect(dedupe({ data })).toEqual([{}, { data: expect.objectContaining({ id: 2, email: null, mergedIds: [1] }) }]);
  });

  it("returns an error in the place of a customer that nothing identifies", () => {
    const result = dedupe({ data: [null, { id: 9, email: "not an address", phone: "12" }, { email: "a@b.co" }] });
    expect(result).toHaveLength(3);
    expect(result).toMatchObject([
      { errors: [{ code: "CUSTOMER_WITHOUT_IDENTITY" }] },
      { errors: [{ message: expect.stringContaining("Customer 9") }] },
      { data: { email: "a@b.co" } },
    ]);
    expect(dedupe({})).toEqual([]);
  });
});

describe("transliterate-addresses.js (preMap)", () => {
  const transliterate = hook("transliterate-addresses.js");
  const label = (shipTo: object, settings = {}) => transliterate({ data: [{ shipTo }], settings });

  it("spells German addresses as Germans do without umlauts", () => {
    const shipTo = {
      name: "Jürgen Groß",
      address1: "Müller-Straße 5",
      city: "Köln",
      zip: "50667",
      country: "Deutschland",
    };
    expect(label(shipTo)).toMatchObject([
      { data: { label: { name: "Juergen Gross", lines: ["Mueller-Strasse 5"], city: "Koeln", country: "DE" } } },
    ]);
  });

  it("spells Japanese prefectures, wards, kana and full-width digits, and drops the postal mark", () => {
    const shipTo = {
      name: "トヨタ　ショップ",
      company: "さくら",
      address1: "神宮前１丁目２−３",
      city: "渋谷区",
      region: "東京都",
      zip: "〒150-0001",
      country: "日本",
    };
    expect(label(shipTo)).toMatchObject([
      {
        data: {
          label: {
            name: "Toyota Shoppu",
            company: "Sakura",
            lines: ["Jingumae 1-chome 2-3"],
            city: "Shibuya-ku",
            region: "Tokyo",
            zip: "150-0001",
            country: "JP",
          },
        },
      },
    ]);
  });

  it("drops accents elsewhere, and emoji from gift messages", () => {
    const shipment = {
      giftMessage: "Alles Gute 🎁🎂 zum 40. 👩‍👧!",
      shipTo: { name: "Łukasz Citroën", address1: "Calle Peñíscola nº 3", city: "A Coruña", country: "ES" },
    };
    expect(transliterate({ data: [shipment] })).toMatchObject([
      {
        data: {
          giftMessage: "Alles Gute zum 40. !",
          label: { name: "Lukasz Citroen", lines: ["Calle Peniscola no 3"], city: "A Coruna" },
        },
      },
    ]);
  });

  it("breaks lines between words at the length in the settings", () => {
    const shipTo = {
      name: "A",
      address1: "Building 12 North Wing",
      address2: "Suite 900",
      city: "Graz",
      country: "Österreich",
    };
    expect(label(shipTo, { import: { maxLineLength: 15 } })).toMatchObject([
      { data: { label: { lines: ["Building 12", "North Wing", "Suite 900"], country: "AT" } } },
    ]);
  });

  it("refuses what cannot be printed, and records without an address, each in its place", () => {
    const data = [null, {}, { shipTo: { name: "山田太郎", address1: "", country: "Atlantis" } }];
    const result = transliterate({ data });
    expect(result).toHaveLength(3);
    expect(result).toMatchObject([
      { errors: [{ code: "ADDRESS_MISSING" }] },
      { errors: [{ code: "ADDRESS_MISSING" }] },
      { errors: [{ code: "ADDRESS_NOT_PRINTABLE" }, { code: "COUNTRY_UNKNOWN" }, { code: "STREET_MISSING" }] },
    ]);
  });
});

describe("set-ship-dates.js (postMap)", () => {
  const setDates = hook("set-ship-dates.js", "setShipDates", { dayjs: { default: dayjs } });
  const dates = (trandate: string, shipmethod: string, settings = {}) =>
    setDates({ preMapData: [{}], postMapData: [{ trandate, shipmethod }], settings });

  it("ships on the day before the cut-off and counts transit in working days", () => {
    expect(dates("2026-03-05T10:00:00Z", "FedEx 2Day")).toMatchObject([
      { data: { shipdate: "2026-03-05", custbody_promised_date: "2026-03-09" } },
    ]);
  });

  it("ships a working day later after the cut-off, across the weekend and a holiday", () => {
    expect(dates("2026-03-06T15:30:00Z", "Overnight", { import: { holidays: ["2026-03-09"] } })).toMatchObject([
      { data: { shipdate: "2026-03-10", custbody_promised_date: "2026-03-11" } },
    ]);
  });

  it("ships a weekend order on Monday whatever the hour, and takes the time from before the mapping", () => {
    const options = {
      preMapData: [{ orderedAt: "2026-03-07T20:00:00Z" }],
      postMapData: [{ trandate: "2026-01-01", shipmethod: "Same Day", memo: "kept" }],
    };
    expect(setDates(options)).toEqual([
      {
        data: {
          trandate: "2026-01-01",
          shipmethod: "Same Day",
          memo: "kept",
          shipdate: "2026-03-09",
          custbody_promised_date: "2026-03-09",
        },
      },
    ]);
  });

  it("answers every order in its place, also those without a date", () => {
    const result = setDates({
      postMapData: [null, { otherrefnum: "SHOP-7", trandate: "soon" }, { trandate: "2026-03-02" }],
    });
    expect(result).toHaveLength(3);
    expect(result).toMatchObject([
      {},
      { errors: [{ code: "ORDER_DATE_INVALID", message: expect.stringContaining("SHOP-7") }] },
      { data: { shipdate: "2026-03-02" } },
    ]);
  });
});

describe("explain-netsuite-errors.js (postSubmit)", () => {
  const explain = hook("explain-netsuite-errors.js");

  it("says what happened to which order, and keeps NetSuite's words", () => {
    const responseData = [
      { statusCode: 200, id: "77" },
      {
        statusCode: 422,
        errors: [{ code: "INVALID_KEY_OR_REF", message: "Invalid item reference key 123.", source: "netsuite" }],
      },
      { statusCode: 422, errors: [{ code: "SSS_REQUEST_LIMIT_EXCEEDED", message: "Too many requests." }] },
    ];
    const postMapData = [{ otherrefnum: "SHOP-1" }, { otherrefnum: "SHOP-2" }, { otherrefnum: "SHOP-3" }];
    expect(explain({ responseData, postMapData })).toMatchObject([
      { statusCode: 200, id: "77" },
      {
        errors: [
          {
            code: "ITEM_NOT_IN_NETSUITE",
            message: expect.stringMatching(
              /^Order SHOP-2: an item .*\[INVALID_KEY_OR_REF: Invalid item reference key 123\.\]$/,
            ),
          },
        ],
      },
      { errors: [{ code: "RETRY_LATER", source: "netsuite" }] },
    ]);
  });

  it("counts an order that NetSuite already has as done", () => {
    const responseData = [{ statusCode: 422, errors: [{ code: "DUP_RCRD", message: "This record already exists" }] }];
    expect(explain({ responseData })).toEqual([{ statusCode: 200, errors: [], _json: { alreadyInNetSuite: true } }]);
  });

  it("leaves alone what it does not know, and keeps the length", () => {
    const unknown = { statusCode: 422, errors: [{ code: "ODD", message: "Something new." }] };
    const responseData = [null, { statusCode: 500, errors: [null] }, unknown];
    expect(explain({ responseData, postMapData: [] })).toEqual([null, { statusCode: 500, errors: [{}] }, unknown]);
    expect(explain({})).toEqual([]);
  });
});

describe("confirm-inventory-file.js (postAggregate)", () => {
  const confirm = hook("confirm-inventory-file.js");
  const uploaded = (fileName: string) => ({
    postAggregateData: { success: true, _json: { fileName } },
    settings: { import: { warehouses: ["EAST", "WEST"] } },
  });

  it("returns nothing when the 3PL will read the file", () => {
    expect(confirm(uploaded("/outbound/INV_EAST_20260302_001.csv"))).toBeUndefined();
    expect(
      confirm({ postAggregateData: { success: true, _json: [{ name: "INV_EU1_20280229_9.csv" }] } }),
    ).toBeUndefined();
  });

  it("stops the flow for a file that the 3PL would drop", () => {
    expect(() => confirm(uploaded("inventory.csv"))).toThrow(/would drop the file "inventory.csv"/);
    expect(() => confirm(uploaded("INV_EAST_20260230_1.csv"))).toThrow(/2026-02-30 is not a date/);
    expect(() => confirm(uploaded("INV_NORTH_20260302_1.csv"))).toThrow(/does not know warehouse NORTH.*EAST, WEST/);
  });

  it("stops the flow for an upload that failed, with or without a reason", () => {
    const failed = { success: false, code: "ECONNREFUSED", message: "SFTP server not reachable" };
    expect(() => confirm({ postAggregateData: failed })).toThrow(/ECONNREFUSED: SFTP server not reachable/);
    expect(() => confirm({})).toThrow(/no reason given/);
    expect(() => confirm({ postAggregateData: { success: true } })).toThrow(/would drop the file ""/);
  });
});

describe("pick-cheapest-rate.js (postResponseMap)", () => {
  const pick = hook("pick-cheapest-rate.js");
  const rates = [
    { carrier: "UPS", service: "Ground", cost: "9.10", fuelSurcharge: 1, arrivesOn: "2026-03-10" },
    { carrier: "FedEx", service: "2Day", cost: 21, arrivesOn: "2026-03-06" },
    { carrier: "USPS", service: "Priority", cost: 12.5, arrivesOn: "2026-03-07" },
    { carrier: "DHL", service: "Blocked", cost: 1, arrivesOn: "2026-03-05" },
  ];
  const settings = { export: { blockedServices: ["Blocked"] } };

  it("takes the cheapest service that arrives in time", () => {
    const postResponseMapData = [
      { id: 1, rates, promisedBy: "2026-03-08" },
      { id: 2, rates },
    ];
    expect(pick({ postResponseMapData, settings })).toMatchObject([
      { id: 1, carrier: "USPS", service: "Priority", shippingCost: 12.5, late: false, needsManualRate: false },
      { id: 2, carrier: "UPS", service: "Ground", shippingCost: 10.1, late: false },
    ]);
  });

  it("takes the fastest when none arrives in time, and marks the order late", () => {
    const result = pick({ postResponseMapData: [{ rates, promisedBy: "2026-03-04" }], settings });
    expect(result).toMatchObject([{ service: "2Day", late: true }]);
  });

  it("marks orders without usable rates, and keeps the length", () => {
    const postResponseMapData = [
      null,
      { id: 1 },
      { id: 2, rates: [null, { service: "X", cost: "?" }] },
      { id: 3, rates },
    ];
    const responseData = [{}, {}, {}, { statusCode: 422 }];
    expect(pick({ postResponseMapData, responseData })).toEqual([
      null,
      { id: 1, needsManualRate: true },
      { id: 2, rates: [null, { service: "X", cost: "?" }], needsManualRate: true },
      { id: 3, rates, needsManualRate: true },
    ]);
  });
});

describe("skip-unfulfillable-orders.js (filter)", () => {
  const isFulfillable = hook("skip-unfulfillable-orders.js");
  const order = { financial_status: "paid", tags: "vip", line_items: [{ sku: "A", fulfillable_quantity: 1 }] };

  it("is true for a paid order with goods, and for one on account", () => {
    expect(isFulfillable({ record: order })).toBe(true);
    expect(isFulfillable({ record: { ...order, financial_status: "pending", terms: "net30" } })).toBe(true);
  });

  it("is false for orders that are unpaid, held, shipped, cancelled or without goods", () => {
    const kept = [
      { financial_status: "pending" },
      { tags: "vip, Fraud-Review" },
      { tags: "b2b-check" },
      { fulfillment_status: "fulfilled" },
      { cancelled_at: "2026-03-02" },
      { line_items: [{ fulfillable_quantity: 1, gift_card: true }] },
      { line_items: [{ fulfillable_quantity: 0 }] },
    ];
    const settings = { flow: { holdTags: ["B2B-Check"] } };
    for (const change of kept) expect(isFulfillable({ record: { ...order, ...change }, settings })).toBe(false);
  });

  it("is false for malformed records", () => {
    for (const record of [undefined, null, "order", {}, [], { ...order, line_items: [null] }]) {
      expect(isFulfillable({ record })).toBe(false);
    }
  });
});

describe("track-shipments.js (input_filter and postResponseMap)", () => {
  const needsTracking = hook("track-shipments.js", "needsTracking");
  const applyTracking = hook("track-shipments.js", "applyTracking");

  it("asks only for shipments that have left and have no tracking number", () => {
    expect(needsTracking({ record: { id: 1, status: "Shipped", trackingNumbers: [] } })).toBe(true);
    expect(needsTracking({ record: { id: 1, status: "packed" } })).toBe(false);
    expect(needsTracking({ record: { id: 1, status: "shipped", trackingNumbers: ["1Z"] } })).toBe(false);
    expect(needsTracking({ record: { id: 1, status: "shipped", deliveryMethod: "pickup" } })).toBe(false);
    for (const record of [undefined, null, {}, "x"]) expect(needsTracking({ record })).toBe(false);
  });

  it("puts tracking numbers, carrier and links onto the shipments", () => {
    const data = [{ trackingNumber: "1z 999aa1 0123456784" }, { trackingNumber: "LOCAL-7" }, {}];
    expect(applyTracking({ postResponseMapData: [{ id: 1 }], responseData: [{ statusCode: 200, data }] })).toEqual([
      {
        id: 1,
        trackingNumbers: ["1Z999AA10123456784", "LOCAL-7"],
        trackingUrls: ["https://www.ups.com/track?tracknum=1Z999AA10123456784"],
        carrier: "UPS",
      },
    ]);
  });

  it("leaves shipments alone that got no answer, and keeps the length", () => {
    const postResponseMapData = [null, { id: 1 }, { id: 2 }, { id: 3 }];
    const responseData = [
      { data: [] },
      { statusCode: 422, errors: [{}] },
      { ignored: true, data: [{ trackingNumber: "1" }] },
    ];
    expect(applyTracking({ postResponseMapData, responseData })).toEqual(postResponseMapData);
    expect(applyTracking({})).toEqual([]);
  });
});

describe("hash-customers-for-ads.js (transform)", () => {
  const transform = hook("hash-customers-for-ads.js", "hashCustomer", { sjcl: { default: sjcl } });

  it("leaves hashes of the normal forms, and nothing that names a person", () => {
    const record = {
      id: 7,
      email: " Ada@Example.com",
      phone: "(415) 555-0101",
      first_name: "Ada Mae",
      last_name: "O'Neil",
      accepts_marketing: true,
      default_address: { zip: "94105-1234", country_code: "US" },
    };
    expect(transform({ record })).toEqual({
      external_id: sha256("7"),
      optedOut: false,
      em: sha256("ada@example.com"),
      ph: sha256("+14155550101"),
      fn: sha256("adamae"),
      ln: sha256("oneil"),
      zip: "94105",
      country: "us",
    });
  });

  it("completes phone numbers with the calling code of the settings", () => {
    const phone = (number: string) =>
      transform({
        record: { phone: number, accepts_marketing: true },
        settings: { export: { defaultCallingCode: "49" } },
      });
    for (const number of ["0171 2345678", "+49 171 2345678", "0049 171 2345678"]) {
      expect(phone(number)).toMatchObject({ ph: sha256("+491712345678") });
    }
  });

  it("gives away nothing of a customer who has not agreed, and hashes no empty fields", () => {
    const record = {
      id: 8,
      email: "b@example.com",
      accepts_marketing: true,
      email_marketing_consent: { state: "unsubscribed" },
    };
    expect(transform({ record })).toEqual({ external_id: sha256("8"), optedOut: true });
    expect(transform({ record: { accepts_marketing: true } })).toMatchObject({
      external_id: null,
      em: null,
      ph: null,
      fn: null,
    });
    expect(transform({ record: null })).toBeNull();
  });
});

describe("standardize-regions.js (transform)", () => {
  const transform = hook("standardize-regions.js");
  const ship = (shipTo: object, settings = {}) => transform({ record: { id: 1, shipTo }, settings });

  it.each([
    [
      { country: "U.S.A.", state: "Calif.", zip: "94105" },
      { country_code: "US", country_code3: "USA", region_code: "US-CA" },
    ],
    [
      { country_code: "us", province_code: "MA", zip: "02134" },
      { province: "Massachusetts", country_number: "840" },
    ],
    [
      { country: "UK", zip: "sw1a1aa" },
      { country_code: "GB", zip: "SW1A 1AA" },
    ],
    [
      { country: 392, province: "JP-13", zip: "1500001" },
      { country: "Japan", region_code: "JP-13", zip: "150-0001" },
    ],
    [{ country: "日本", province: "Hokkaidō" }, { region_code: "JP-01" }],
    [
      { country: "Deutschland", state: "Bavaria", zip: 1067 },
      { region_code: "DE-BY", province: "Bayern", zip: "01067" },
    ],
    [
      { country: "Ireland", region: "Co. Cork" },
      { country_code3: "IRL", region_code: "IE-CO" },
    ],
    [
      { country: "MX", province_code: "Q ROO" },
      { region_code: "MX-ROO", province: "Quintana Roo" },
    ],
    [{ country: "India", state: "Orissa" }, { region_code: "IN-OD" }],
    [
      { country: "ITA", state: "Aosta" },
      { country_code: "IT", region_code: "IT-23" },
    ],
    [
      { country: "Canada", zip: "k1a0b1" },
      { zip: "K1A 0B1", region_code: "CA-ON", province: "Ontario" },
    ],
    [
      { country: "PR", city: "San Juan", zip: "00901" },
      { country_code: "US", region_code: "US-PR" },
    ],
    [
      { country: "US", state: "AE", zip: "09012" },
      { province_code: "AE", region_code: null },
    ],
    [{ country: "Côte d’Ivoire" }, { country_code: "CI", region_code: null }],
  ])("resolves %j", (address, expected) => {
    expect(ship(address)).toMatchObject({ id: 1, shipTo: { ...expected }, regionIssues: [] });
  });

  it("knows all 249 countries and the subdivisions of ISO 3166-2 by code and by name", () => {
    const named = load("standardize-regions.js");
    const findCountry = named("findCountry") as (value: unknown) => { alpha2: string } | null;
    const names = new Intl.DisplayNames("en", { type: "region" });
    const letters = [..."ABCDEFGHIJKLMNOPQRSTUVWXYZ"];
    const codes = letters
      .flatMap((a) => letters.map((b) => a + b))
      .filter((code) => findCountry(code)?.alpha2 === code);
    expect(codes).toHaveLength(249);
    const unnamed = codes.filter((code) => findCountry(names.of(code))?.alpha2 !== code);
    // What ICU calls these is not what anybody types into a shop.
    expect(
      unnamed.filter((code) => !["CD", "CG", "GS", "HK", "HM", "MM", "MO", "PS", "SH", "VC"].includes(code)),
    ).toEqual([]);
  });

  it("says which parcels need a customs declaration", () => {
    const zone = (originCountry: string, shipTo: object) => ship(shipTo, { flow: { originCountry } });
    expect(zone("US", { country: "US", state: "TX" })).toMatchObject({ customsZone: "domestic" });
    expect(zone("US", { country: "Guam" })).toMatchObject({ customsZone: "export" });
    expect(zone("DE", { country: "France" })).toMatchObject({ customsZone: "eu" });
    expect(zone("DE", { country: "ES", state: "Las Palmas" })).toMatchObject({ customsZone: "export" });
    expect(zone("IE", { country: "UK", zip: "BT1 5GS" })).toMatchObject({ customsZone: "eu" });
    expect(zone("CH", { country: "Liechtenstein" })).toMatchObject({ customsZone: "domestic" });
  });

  it("lists what it cannot resolve and leaves it as it was", () => {
    expect(ship({ country: "Atlantis", state: "X" })).toEqual({
      id: 1,
      shipTo: { country: "Atlantis", state: "X" },
      customsZone: "unknown",
      regionIssues: [{ field: "shipTo.country", value: "Atlantis", problem: "unknown country" }],
    });
    expect(ship({ country: "US", state: "Narnia", zip: "ABC" })).toMatchObject({
      shipTo: { country_code: "US", province: "Narnia", province_code: null, region_code: null },
      regionIssues: [
        { field: "shipTo.zip", problem: "not a postal code of United States" },
        { field: "shipTo.province", value: "Narnia" },
      ],
    });
  });

  it("returns records that have no address, or are none, as they came", () => {
    expect(transform({ record: { id: 2, shipTo: null } })).toEqual({
      id: 2,
      shipTo: null,
      customsZone: "unknown",
      regionIssues: [],
    });
    expect(transform({ record: [1, 2] })).toEqual([1, 2]);
    expect(transform({ record: null })).toBeNull();
  });
});

describe("route-by-warehouse.js (branching)", () => {
  const route = hook("route-by-warehouse.js");
  const order = (shipTo: object, ...lines: unknown[]) => ({ record: { shipTo, lines, total: 100 } });
  const mug = { sku: "MUG-01" };

  it("sends an order to the warehouse of its destination", () => {
    expect(route(order({ country_code: "US", province_code: "NY" }, mug))).toEqual([0]);
    expect(route(order({ country_code: "us", province_code: "ca" }, mug))).toEqual([1]);
    expect(route(order({ country_code: "CA", province_code: "BC" }, mug))).toEqual([1]);
    expect(route(order({ country_code: "DE" }, mug))).toEqual([2]);
  });

  it("sends an order to several branches when its lines lie in several places", () => {
    const lines = [{ sku: "DS-SOFA" }, { sku: "PAINT", hazmat: true }, mug, mug];
    expect(route(order({ country_code: "US", province_code: "WA" }, ...lines))).toEqual([0, 1, 3]);
  });

  it("sends to review what is too dear, risky, or cannot be placed", () => {
    const { record } = order({ country_code: "US", province_code: "NY" }, mug);
    expect(route({ record: { ...record, total: 10_001 } })).toEqual([4]);
    expect(route({ record: { ...record, total: 600 }, settings: { flow: { reviewAbove: 500 } } })).toEqual([4]);
    expect(route({ record: { ...record, riskLevel: "high" } })).toEqual([4]);
    expect(route(order({ country_code: "DE" }, mug, { sku: "PAINT", hazmat: true }))).toEqual([4]);
    expect(route(order({ country_code: "BR" }, mug))).toEqual([4]);
  });

  it("sends malformed records to review", () => {
    for (const record of [undefined, null, {}, { shipTo: {}, lines: [] }, { shipTo: {}, lines: [null] }]) {
      expect(route({ record })).toEqual([4]);
    }
  });
});

describe("order-status-api.js (handleRequest)", () => {
  const found = {
    email: "Ada@Example.com",
    status: "pendingBilling",
    shipDate: "2026-03-03",
    trackingNumbers: "1Z1, 1Z2",
  };
  const api = (change: { exports?: object; connections?: object } = {}) =>
    hook("order-status-api.js", "handleOrderStatus", {
      "integrator-api": {
        exports: {
          find: ({ externalId }: { externalId: string }) =>
            externalId === "order-status" ? [{ _id: "e1", _connectionId: "c1" }] : [],
          run: (run: unknown) => {
            expect(run).toEqual({ _id: "e1", data: [{ orderNumber: "SHOP-1001" }] });
            return { data: [found] };
          },
          ...change.exports,
        },
        connections: { get: () => ({ offline: false }), ...change.connections },
      },
    });
  const request = { method: "GET", headers: {}, queryString: { order: "shop-1001", email: "ada@example.com" } };

  it("answers with the status of the buyer's order", () => {
    expect(api()(request)).toEqual({
      statusCode: 200,
      headers: { "Content-Type": "application/json", "Cache-Control": "no-store" },
      body: { order: "SHOP-1001", status: "shipped", shippedOn: "2026-03-03", tracking: ["1Z1", "1Z2"] },
    });
  });

  it("answers someone else's order like one that does not exist", () => {
    const other = api()({ ...request, queryString: { order: "SHOP-1001", email: "eve@example.com" } });
    expect(other).toMatchObject({ statusCode: 404 });
    expect(api({ exports: { run: () => ({}) } })(request)).toEqual(other);
  });

  it("refuses other methods and incomplete requests", () => {
    expect(api()({ method: "POST" })).toMatchObject({ statusCode: 405, headers: { Allow: "GET" } });
    for (const queryString of [undefined, {}, { order: "SHOP-1001" }, { order: "1; drop", email: "a@b.co" }]) {
      expect(api()({ method: "GET", queryString })).toMatchObject({
        statusCode: 400,
        body: { message: expect.any(String) },
      });
    }
  });

  it("tells an outage from a missing lookup and from a failure", () => {
    expect(api({ connections: { get: () => ({ offline: true }) } })(request)).toMatchObject({
      statusCode: 503,
      headers: { "Retry-After": "300" },
    });
    expect(api({ exports: { find: () => [] } })(request)).toMatchObject({ statusCode: 500 });
    const failing = () => {
      throw new Error("NetSuite password xyz");
    };
    const failed = api({ exports: { run: failing } })(request);
    expect(failed).toMatchObject({ statusCode: 502 });
    expect(JSON.stringify(failed)).not.toContain("xyz");
  });
});

describe("route-edi-documents.js (contentBasedFlowRouter)", () => {
  const listeners = ["edi-test", "edi-850", "edi-997", "edi-orders", "edi-850-dropship", "edi-820"];
  const flows = [
    { _id: "f1", pageGenerators: [{ _exportId: "id-of-edi-850" }, { _exportId: "id-of-edi-orders" }] },
    { _id: "f2", pageGenerators: [{ _exportId: "id-of-edi-850-dropship" }] },
    { _id: "f3", pageGenerators: [{ _exportId: "id-of-edi-997" }] },
    { _id: "f4", pageGenerators: [{ _exportId: "id-of-edi-test" }] },
    { _id: "f5" },
  ];
  const find = ({ externalId }: { externalId: string }) =>
    listeners.includes(externalId) ? [{ _id: `id-of-${externalId}`, externalId }] : [];
  const modules = { "integrator-api": { exports: { find }, flows: { find: () => flows } } };
  const route = hook("route-edi-documents.js", undefined, modules);
  const x12 = (type: string, usage = "P") =>
    `ISA*00*          *00*          *ZZ*WHOLESALER     *ZZ*OURCOMPANY     *260302*1015*U*00401*000000101*0*${usage}*>~\n` +
    `GS*PO*WHOLESALER*OURCOMPANY*20260302*1015*101*X*004010~\nST*${type}*0001~\nBEG*00*SA*PO-77**20260302~\nSE*3*0001~`;
  const edifact =
    "UNB+UNOC:3+4012345000009:14+4098765000005:14+260302:1015+42'UNH+1+ORDERS:D:96A:UN'BGM+220+PO-77+9'UNT+3+1'";

  it("routes X12 and EDIFACT by document type", () => {
    expect(route({ rawMessageBody: x12("850"), httpHeaders: { "as2-from": "WHOLESALER_AS2" } })).toEqual({
      _flowId: "f1",
      _exportId: "id-of-edi-850",
    });
    expect(route({ rawMessageBody: edifact })).toEqual({ _flowId: "f1", _exportId: "id-of-edi-orders" });
    expect(route({ rawMessageBody: `UNA:+.? '\r\n${edifact}` })).toMatchObject({ _exportId: "id-of-edi-orders" });
  });

  it("gives a partner its own flow where it has one, and the common one otherwise", () => {
    const httpHeaders = { "AS2-From": '"MARKETPLACE_AS2"' };
    expect(route({ rawMessageBody: x12("850"), httpHeaders })).toMatchObject({ _flowId: "f2" });
    expect(route({ rawMessageBody: x12("997"), httpHeaders })).toMatchObject({ _flowId: "f3" });
  });

  it("sends test messages to the test flow", () => {
    const test = { _flowId: "f4", _exportId: "id-of-edi-test" };
    expect(route({ rawMessageBody: x12("850", "T") })).toEqual(test);
    expect(route({ rawMessageBody: edifact.replace("+42'", "+42++++++1'") })).toEqual(test);
  });

  it("refuses documents that no flow takes, and what is no EDI", () => {
    expect(() => route({ rawMessageBody: x12("210") })).toThrow(/No flow takes document 210 from WHOLESALER/);
    for (const rawMessageBody of [undefined, "", "<xml/>", "ISA", "ISA*00*~", "UNB+"]) {
      expect(() => route({ rawMessageBody })).toThrow(/neither X12 nor EDIFACT/);
    }
  });

  it("says what is missing in this environment: the listener, or a flow that begins with it", () => {
    expect(() => route({ rawMessageBody: x12("860") })).toThrow(/no export with the external id "edi-860"/i);
    expect(() => route({ rawMessageBody: x12("820") })).toThrow(/no flow begins with the listener "edi-820"/i);
  });

  it("has no ids in its code, so that it is the same in sandbox and production", () => {
    expect(source("route-edi-documents.js")).not.toMatch(/[0-9a-f]{24}/i);
  });
});

describe("warehouse-settings-form.js (formInit)", () => {
  const form = hook("warehouse-settings-form.js");
  const parentResource = {
    settings: {
      warehouses: [
        { code: "W", name: "West" },
        { code: "E", name: "East" },
        { code: "X", name: "Closed", active: false },
        null,
      ],
    },
  };

  it("lists the warehouses of the integration and keeps saved values", () => {
    const settingsForm = {
      form: { fieldMap: { note: { id: "note", name: "note", type: "text" } }, layout: { fields: ["note"] } },
    };
    const resource = { settings: { warehouse: "W", cutoffHour: 9 }, settingsForm };
    expect(form({ resource, parentResource })).toMatchObject({
      fieldMap: {
        note: { type: "text" },
        warehouse: {
          id: "warehouse",
          name: "warehouse",
          type: "select",
          required: true,
          defaultValue: "W",
          options: [
            {
              items: [
                { label: "East", value: "E" },
                { label: "West", value: "W" },
              ],
            },
          ],
        },
        cutoffHour: { defaultValue: "9" },
      },
      layout: { fields: ["note", "warehouse", "cutoffHour", "threePlCode"] },
    });
    expect(settingsForm.form.layout.fields).toEqual(["note"]);
  });

  it("shows the 3PL by licence and the dry run in the sandbox only", () => {
    expect(form({ resource: {}, parentResource, license: { tier: "standard" }, sandbox: true })).toMatchObject({
      fieldMap: { dryRun: { type: "checkbox", defaultValue: true } },
      layout: { fields: ["warehouse", "cutoffHour", "dryRun"] },
    });
    expect(form({ resource: {}, license: { tier: "Premium" } })).toMatchObject({
      layout: { fields: ["warehouse", "cutoffHour", "threePlCode"] },
    });
  });

  it("is a usable form even when nothing is known", () => {
    expect(form({})).toMatchObject({
      fieldMap: {
        warehouse: { required: false, options: [{ items: [] }], defaultValue: "" },
        cutoffHour: { defaultValue: "14" },
      },
    });
  });
});

describe("guard-flow-settings.js (preSave)", () => {
  const guard = hook("guard-flow-settings.js");

  it("returns the flow with its settings tidied", () => {
    const newResource = {
      _id: "f1",
      name: " Orders ",
      settings: {
        notify: "Ops@Example.com; ops@example.com, cfo@customer.com",
        startDate: "2026-01-01",
        batchSize: "500",
        keep: 1,
      },
    };
    expect(guard({ newResource })).toEqual({
      _id: "f1",
      name: "Orders",
      settings: {
        notify: ["ops@example.com", "cfo@customer.com"],
        startDate: "2026-01-01T00:00:00.000Z",
        batchSize: 100,
        keep: 1,
      },
    });
    expect(guard({ newResource, sandbox: true })).toMatchObject({ settings: { notify: ["ops@example.com"] } });
  });

  it("lets the start date move back but not forward", () => {
    const oldResource = { settings: { startDate: "2026-02-01T00:00:00.000Z" } };
    const save = (startDate?: string) => guard({ newResource: { settings: { startDate } }, oldResource });
    expect(save("2026-01-15")).toMatchObject({ settings: { startDate: "2026-01-15T00:00:00.000Z" } });
    expect(save()).toMatchObject({ settings: { startDate: "2026-02-01T00:00:00.000Z" } });
    expect(() => save("2026-02-02")).toThrow(/would never be read/);
  });

  it("refuses settings that are wrong, and fills in those that are missing", () => {
    const refused = [{ notify: "nobody" }, { startDate: "soon" }, { batchSize: 0 }, { batchSize: "many" }];
    for (const settings of refused) expect(() => guard({ newResource: { settings } })).toThrow(/is not|Not an e-mail/);
    expect(() => guard({})).toThrow(/no flow/);
    expect(guard({ newResource: {} })).toEqual({
      name: "Orders",
      settings: { notify: [], startDate: null, batchSize: 20 },
    });
  });
});

describe("check-install-connections.js (step)", () => {
  const netsuite = { _id: "n1", name: "NetSuite", type: "netsuite", offline: false };
  const shopify = { _id: "s1", name: "Shopify", type: "http" };
  const step = (...found: object[]) =>
    hook("check-install-connections.js", "checkInstallConnections", {
      "integrator-api": { connections: { find: () => found } },
    });

  it("returns nothing when everything is in place", () => {
    const options = { formSubmission: { storeUrl: "https://Ada-Store.myshopify.com/admin" }, _connectionId: "s1" };
    expect(step(netsuite, shopify)(options)).toBeUndefined();
  });

  it("throws everything that is missing, at once", () => {
    const options = {
      resource: { name: "Shopify - NetSuite" },
      formSubmission: { storeUrl: "ada.example.com" },
      _connectionId: "s1",
      license: { expires: "2020-01-31T00:00:00Z" },
    };
    const message =
      'Shopify - NetSuite cannot be installed yet. "ada.example.com" is not a myshopify.com address. ' +
      'Connection "Shopify" is offline. No NetSuite connection is online. The licence ended on 2020-01-31.';
    expect(() => step({ ...shopify, offline: true })(options)).toThrow(message);
  });

  it("throws for an empty form and a connection that is gone", () => {
    expect(() => step(netsuite)({ formSubmission: {}, _connectionId: "s1" })).toThrow(
      /address of the store is missing.*no longer exists/,
    );
    expect(() => step()({})).toThrow(/^The integration cannot be installed yet/);
  });
});
