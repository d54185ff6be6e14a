import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readHeader } from "../../sdk/folder/header";
import { growth } from "../growth";

const code = "function hook(options) {\n  return options.data;\n}\n";

describe("the header of a file", () => {
  const banner = "/************************\n * Orders into one shape\n ************************/";
  const tags =
    "/**\n * @displayName Orders\n *\n * @description Brings orders\n * into one shape.\n * @param options\n */";
  it.each<[string, string, ReturnType<typeof readHeader>]>([
    ["is that of a block", "/* Brings orders into one shape. */", { description: "Brings orders into one shape." }],
    ["has its stars stripped", "/**\n * Brings\n *orders.\n **/", { description: "Brings orders." }],
    ["may go without stars", "/*\n  Brings /all/\n  orders.\n*/", { description: "Brings /all/ orders." }],
    ["has paragraphs", "/*\n * One\n * two.\n *\n *\n * Three.\n */", { description: "One two.\n\nThree." }],
    [
      "is that of consecutive lines",
      "// One\n  /// two.\n//\n// Three.\n\n// Four.",
      { description: "One two.\n\nThree." },
    ],
    [
      "has a name",
      "/**\n * Orders.\n * @name  Normalize orders \n * @param {object} options\n */",
      { name: "Normalize orders", description: "Orders." },
    ],
    ["has a name in lines", "// @name Normalize orders\n", { name: "Normalize orders" }],
    [
      "has its text after the name",
      "/**\n * @name A\n *\n * One\n * two.\n * @param x y\n */",
      { name: "A", description: "One two." },
    ],
    [
      "has text on both sides of the name",
      "// One.\n// @name A\n// Two.\n",
      { name: "A", description: "One.\n\nTwo." },
    ],
    ["has a name and a description by tags", tags, { name: "Orders", description: "Brings orders into one shape." }],
    ["has no rules", banner, { description: "Orders into one shape" }],
    ["has no empty name", "/* @name\n * @param x */", {}],
    ["takes the first of two names", "/*\n@name A\n@displayName B\n*/", { name: "A" }],
    [
      "does not take an address for a tag",
      "/* Ask me@example.com\n or ops@name. */",
      { description: "Ask me@example.com or ops@name." },
    ],
    [
      "has CRLF",
      "/**\r\n * One\r\n * two.\r\n *\r\n * Three.\r\n * @name A\r\n */\r\n",
      { name: "A", description: "One two.\n\nThree." },
    ],
    ["has CRLF in lines", "// One\r\n// two.\r\n// @name A\r\n", { name: "A", description: "One two." }],
    [
      "may stand after what begins a file",
      '\uFEFF#!/usr/bin/env node\r\n\r\n"use strict";\r\n\r\n// One.\r\n',
      { description: "One." },
    ],
    ["may stand after 'use strict' without a semicolon", "'use strict'\n/* One. */", { description: "One." }],
    ["is not what stands after code", `${code}/* One. */`, {}],
    ["is not what stands in code", 'const a = 1; // One.\n/* "use strict" */', {}],
    [
      "is not a licence",
      "/*! Lodash */\n/* Copyright 2024 Celigo */\n// @license MIT\n\n//! x\n\n/* One. */",
      { description: "One." },
    ],
    ["is a licence's name at most", "/*\n * Copyright 2024 Celigo\n * MIT\n * @name A\n */", { name: "A" }],
    [
      "is a licence's name and another comment's text",
      "/* @license MIT\n@name A\n*/\n\n// One.",
      { name: "A", description: "One." },
    ],
    ["is not a licence's name where another comment has one", "/* @license MIT\n@name A\n*/ // @name B", { name: "B" }],
    ["is not an SPDX line", "// SPDX-License-Identifier: MIT\n\n// One.", { description: "One." }],
    [
      "is not for a tool",
      "/* eslint-disable no-undef,\n no-alert */\n/* global console */\n// @ts-check\n// One.",
      { description: "One." },
    ],
    [
      "is not for any other tool",
      "/* tslint:disable */\n/* jscs:disable */\n// noinspection JSUnused\n\n// #region hooks\n\n/* global a */\n/** One. */",
      { description: "One." },
    ],
    [
      "is not on rights, in any form",
      "/* Licensed under MIT, see LICENSE. */\n/* (c) 2024 Acme Inc. */\n/*\n * ACME\n * COPYRIGHT 2024 */\n// All rights reserved.\n\n// One.",
      { description: "One." },
    ],
    [
      "may speak of rights",
      "// Adds the Copyright line to invoices.",
      { description: "Adds the Copyright line to invoices." },
    ],
    ["is the first that says something", "/***/\n//\n\n/* @flow */\n/* One. */ /* Two. */", { description: "One." }],
    ["is not one that never ends", `/* One.\n${code}`, {}],
    ["is none in an empty file", "", {}],
    ["is none in a file of a slash", "/", {}],
    ["is none in a hashbang", "#!/* One. */", {}],
  ])("%s", (_, text, header) => {
    expect(readHeader(text)).toEqual(header);
  });

  it("can be read of anything, and is one line of name", () => {
    const pieces = fc.constantFrom(
      ..."/*|*/|/**|//|\n|\r\n|\r|@name |@description |@license|*|\"use strict\"|'use strict';|#!|\uFEFF|\u2028|!|eslint-|---".split(
        "|",
      ),
    );
    const text = fc.array(fc.oneof(pieces, pieces, fc.string({ unit: "binary", maxLength: 5 })), { maxLength: 40 });
    fc.assert(
      fc.property(text, (parts) => {
        const { name, description } = readHeader(parts.join(""));
        for (const said of [name, description]) {
          expect(said === undefined || (said === said.trim() && said !== "" && !/\r/.test(said))).toBe(true);
        }
        expect(name ?? "").not.toContain("\n");
      }),
      { numRuns: 2_000 },
    );
  });

  it.each(["// x\n", "/* */", "\n", " ", "* ", '"use strict";', "/*", "// @name\n", "/*! */\n"])(
    "is read in linear time, also of many %j",
    (piece) => {
      const read = (size: number) => {
        const text = piece.repeat(size / 4 / piece.length);
        readHeader(text);
        readHeader(`/*${text}*/`);
      };
      expect(growth(read)).toBeLessThan(80);
    },
  );

  it("is the same in every style", () => {
    const word = fc.stringMatching(/^[A-Za-z][A-Za-z0-9,.'()-]{0,9}$/);
    const line = fc.array(word, { minLength: 1, maxLength: 5 }).map((words) => `So ${words.join(" ")}`);
    const paragraph = fc.array(line, { minLength: 1, maxLength: 3 });
    fc.assert(
      fc.property(
        line,
        fc.array(paragraph, { minLength: 1, maxLength: 3 }),
        fc.constantFrom("\n", "\r\n"),
        (name, text, end) => {
          const lines = [...text.flatMap((paragraph) => [...paragraph, ""]), `@name ${name}`];
          const header = { name, description: text.map((lines) => lines.join(" ")).join("\n\n") };
          const styles = [
            ["/**", ...lines.map((line) => ` * ${line}`), " */", code],
            ["/*", ...lines, "*/", code],
            [...lines.map((line) => `// ${line}`), code],
          ];
          for (const style of styles) {
            expect(readHeader(style.join(end))).toEqual(header);
          }
        },
      ),
    );
  });
});
