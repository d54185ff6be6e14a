import type { SeedScript } from "../../sdk/emulator/index";

const plain = (n: number) =>
  `// Script ${n}\nfunction preSavePage(options) {\n  return { data: options.data, errors: options.errors, abort: false };\n}\n`;

/** Scripts as they are found in accounts that are ten years old: names and code of every kind that is hard to bring into files. */
export const awkwardScripts: readonly SeedScript[] = [
  // Names that are no file names, or one file name twice.
  { name: "Normalize orders", content: plain(1) },
  { name: "Normalize orders", content: plain(2) },
  { name: "normalize  ORDERS", content: plain(3) },
  { name: "Normalize/orders", content: plain(4) },
  { name: "../../etc/passwd", content: plain(5) },
  { name: 'a\\b:c*d?e"f<g>h|i', content: plain(6) },
  { name: ".hidden", content: plain(7) },
  { name: "con", content: plain(8) },
  { name: "COM¹", content: plain(23) },
  { name: "Λόγος", content: plain(24) },
  { name: "ΛΌΓΟΣ", content: plain(25) },
  { name: "λόγοσ", content: plain(26) },
  { name: "-rf", content: plain(9) },
  { name: "🚀🚀🚀", content: plain(11) },
  { name: "🚀 launch", content: plain(12) },
  { name: "Größe prüfen", content: plain(13) },
  { name: "Gro\u0308ße pru\u0308fen", content: plain(14) },
  { name: "受注の正規化", content: plain(15) },
  { name: "x".repeat(100), content: plain(16) },
  { name: `${"x".repeat(99)}y`, content: plain(17) },
  { name: 'quotes "and" \\ back\\slashes \u0024{no} `ticks` */ // {{handlebars}}', content: plain(18) },
  { name: "tab\tand\nnew line\u2028and\u202Eturned", content: plain(19) },
  { name: "preSavePageOrders2", content: plain(20) },
  { name: "__proto__", content: plain(21) },
  { name: "constructor", content: plain(22) },
  // Code whose bytes are easily changed.
  { name: "crlf", content: plain(30).replaceAll("\n", "\r\n") },
  { name: "mixed line ends", content: "function f() {\r\n  return 1;\n}\r" },
  { name: "bom", content: `\uFEFF${plain(31)}` },
  { name: "bom and crlf", content: `\uFEFF${plain(32).replaceAll("\n", "\r\n")}` },
  { name: "no newline at the end", content: "function f() { return 1; }" },
  { name: "spaces at the end", content: "function f() { return 1; }   \n\n\n" },
  { name: "non-ASCII code", content: 'function f() { return "äöü€😀\u2028\u0000"; }\n' },
  { name: "300 KB", content: `${plain(33)}${"// 0123456789 0123456789 0123456789 0123456789 äöü\n".repeat(5600)}` },
  { name: "templates", content: "function f() { return `{{record.id}} \u0024{1} </script>`; }\n" },
  // Code that does not parse.
  { name: "invalid", content: "function f( { return 1; }\n" },
  { name: "not JavaScript at all", content: "<html><body>502</body></html>\n" },
  { name: "module", content: 'import { exports } from "integrator-api";\nexport function f() { return exports; }\n' },
  // Fields that a program must declare, and origins that it must mention.
  { name: "described", description: 'Line one\nline two "quoted" \\ {{x}}', content: plain(40) },
  { name: "long description", description: "d".repeat(1024), content: plain(41) },
  {
    name: "flags",
    postResponseHookToProcessOnChildRecord: true,
    __noModule: true,
    content: "var f = function () { return 1; };\n",
  },
  { name: "from a template", _templateId: "0123456789abcdef01234567", content: plain(42) },
  { name: "of an integration", _integrationId: "1123456789abcdef01234567", content: plain(43) },
  {
    name: "of an app",
    _connectorId: "2123456789abcdef01234567",
    _integrationId: "3123456789abcdef01234567",
    content: plain(44),
  },
];

/** Scripts that cannot be imported as they are. */
export const impossibleScripts: readonly SeedScript[] = [
  { name: "empty", content: "" },
  { name: "only a byte order mark", content: "\uFEFF" },
  { name: "half a character", content: 'function f() { return "\uD800"; }\n' },
  { name: "half an emoji \uD83D", content: "function f() {}\n" },
  { name: "  spaces around  ", content: plain(10) },
];

/** An account of so many scripts, the awkward ones among ordinary ones. */
export function accountOf(count: number): SeedScript[] {
  const ordinary = Array.from({ length: count - awkwardScripts.length }, (_, n) => ({
    name: `${["Orders", "Invoices", "Customers", "Returns"][n % 4]}: ${["map", "check", "send"][n % 3]} ${Math.floor(n / 12)}`,
    content: plain(100 + n),
    ...(n % 2 === 0 ? { description: `Step ${n}` } : {}),
  }));
  return [...awkwardScripts, ...ordinary];
}
