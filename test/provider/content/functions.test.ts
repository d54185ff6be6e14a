import { describe, expect, it } from "vitest";
import { firstFunction, missingFunctions } from "../../../provider/content/functions";

describe("the functions of a script", () => {
  it.each([
    ["function a() {}\nfunction b() {}", "a"],
    ["const limit = 5;\nconst b = () => limit;\nfunction a() {}", "b"],
    ["import dayjs from 'dayjs';\nexport function c() {}", "c"],
    ["var a = 1;", undefined],
    ["function a( {", undefined],
  ])("first of %j is %s", async (text, first) => {
    expect(await firstFunction(text)).toBe(first);
  });

  it.each([
    ["function preMap() {}\nfunction postMap() {}", "function postMap() {}", ["preMap"]],
    ["function a() {}\nfunction b() {}", "var x;", ["a", "b"]],
    ["function a() {}", "const a = () => 1;\nfunction b() {}", []],
    ["function a() {}", "export default function a() {}", []],
    ["function a() {}", "function a( {", []],
    ["function a( {", "var x;", []],
  ])("that are in %j and not in %j are %j", async (before, after, missing) => {
    expect(await missingFunctions(before, after)).toEqual(missing);
  });
});
