import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { bundle } from "../bundle";

const file = join(__dirname, "..", "hooks", "check-orders.ts");
const bundled = (text: string): string => bundle(text, { file });

it("puts the exported functions first, in their order and under their names", () => {
  const code = bundled(readFileSync(file, "utf8"));
  const functions = [...code.matchAll(/^function (\w+)/gm)].map(([, name]) => name);
  expect(functions).toEqual(["preMap", "postSubmit", "toMinorUnits", "totalOf", "checked"]);
  expect(code).not.toContain("export");
});

it("keeps the modules that Celigo offers as imports", () => {
  const code = bundled(`import { exports } from "integrator-api";
    import dayjs from "dayjs";
    import sjcl from "sjcl";
    export function preSavePage(options) { return [exports, dayjs, sjcl, options]; }`);
  expect(code.match(/^import .*/gm)).toEqual([
    'import { exports } from "integrator-api";',
    'import dayjs from "dayjs";',
    'import sjcl from "sjcl";',
  ]);
});

it("refuses a hook that Celigo would not find by its name", () => {
  const clash = 'import { totalOf as sum } from "./shared/money"; export function totalOf() { return sum([], ""); }';
  expect(() => bundled(clash)).toThrow('"totalOf" would be called totalOf2 in the bundle. Give it a name of its own.');
  expect(() => bundled("export default function () {}")).toThrow('"default" would be called');
  expect(() => bundled("export const filter = () => true;")).toThrow("filter is no function declaration.");
});
