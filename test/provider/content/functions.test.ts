import { describe, expect, it } from "vitest";
import { compareFunctions } from "../../../provider/content/functions";

describe("the functions of a script", () => {
  it.each([
    ["function preMap() {}\nfunction postMap() {}", "function postMap() {}", ["preMap"]],
    ["function a() {}\nfunction b() {}", "var x;", ["a", "b"]],
    ["const a = () => 1;", "function A() {}", ["a"]],
    ["export function a() {}", "import dayjs from 'dayjs';\nexport function b() {}", ["a"]],
    ["export default function a() {}", "// a was here\nfunction b() {}", ["a"]],
    // Helpers, which the script alone has called.
    ["function a() { return round(1); }\nfunction round() {}", "function a() { return 1; }", []],
    ["function a(n) { return a(n - 1); }", "function b() {}", []],
    // Still there, in whatever way.
    ["function a() {}", "const a = () => 1;\nfunction b() {}", []],
    ["function a() {}", "export default function a() {}", []],
    ["function a() {}", "var a = wrap(function () {});", []],
    ["function a() {}", "const { a } = hooks();", []],
    ["function a() {}", "class a {}", []],
    ["function a() {}", "import { a } from 'integrator-api';", []],
    ["function a() {}", "function b() {}\nexport { b as a };", []],
    ["function a() {}", "(function (root) { root.a = function () {}; })(this);", []],
    ["function a() {}", "globalThis['a'] = () => 1;", []],
    ["function a() {}", "function b() {}\nObject.assign(this, { a: b });", []],
    ["function a() {}", "eval(code);", []],
    ["function a() {}", "if (x) { function a() {} }", []],
    // Not valid.
    ["function a() {}", "function a( {", []],
    ["function a( {", "var x;", []],
  ])("that are in %j and gone from %j are %j", async (before, after, gone) => {
    expect((await compareFunctions(before, after)).gone).toEqual(gone);
  });

  it.each([
    ["function a() {}\nfunction b() {}", "function b() {}\nfunction a() {}", { before: "a", after: "b" }],
    ["function a() {}", "function helper() {}\nfunction a() {}", { before: "a", after: "helper" }],
    ["function a() {}\nfunction b() {}", "function b() {}", { before: "a", after: "b" }],
    ["const a = () => 1;", "import dayjs from 'dayjs';\nexport function c() {}", { before: "a", after: "c" }],
    ["function a() {}", "function a() {}\nfunction b() {}", undefined],
    ["function a() {}\nfunction b() {}", "var a = wrap();\nfunction b() {}", undefined],
    ["function a() {}", "var x;", undefined],
    ["var x;", "function a() {}", undefined],
    ["function a() {}", "function b( {", undefined],
  ])("of which the first in %j is another one in %j: %j", async (before, after, first) => {
    expect((await compareFunctions(before, after)).first).toEqual(first);
  });
});
