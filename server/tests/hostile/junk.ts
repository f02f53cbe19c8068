// What clients send by mistake or on purpose, in place of a value.

const LONG = 5_000;
export const DEEP = 100_000;

/** As JSON text, for much of it no JavaScript value could carry. */
export const JUNK_JSON: readonly string[] = [
  ...["null", "true", "false", "0", "-1", "1.5", "-0", "1e400", "-1e400", "1e-7", "9007199254740993"],
  ...["9".repeat(30), `0.${"1".repeat(300)}`, "[]", "[[]]", "{}", '["1"]', '{"a":{"b":[]}}', "[null]"],
  ...[
    '""',
    '" "',
    '"0"',
    '"-1"',
    '"+1"',
    '"1e3"',
    '"01"',
    '"NaN"',
    '"Infinity"',
    '"0x10"',
    '"1,000.00"',
    '"１２"',
  ],
  ...[
    '"9223372036854775808"',
    '"92233720368547758.08"',
    '"18446744073709551616"',
    '"0.000000000000000000001"',
  ],
  ...[
    '"\\u0000"',
    '"a\\u0000b"',
    '"\\ud800"',
    '"a\\udfffb"',
    '"\\u202e\\u200b"',
    '"\\r\\nSet-Cookie: a=b"',
    '"\\u001b[2J"',
  ],
  ...[
    `"'; DROP TABLE ledger.accounts; --"`,
    '"{1,2}"',
    '"%00"',
    '"../../etc/passwd"',
    '"__proto__"',
    '"constructor"',
  ],
  ...[`"${"x".repeat(LONG)}"`, `"${"9".repeat(LONG)}"`, `"${"\\u00e9".repeat(LONG)}"`],
  ...[
    '{"__proto__":{"admin":true}}',
    '{"constructor":{"prototype":{"admin":true}}}',
    '{"toString":1,"length":-1}',
  ],
  `${"[".repeat(1_000)}${"]".repeat(1_000)}`,
];

/** Bodies with names that the hooks of all routes know, and nothing behind them that they could expect. */
export const MISSHAPEN: readonly string[] = [
  '{"transactions":{}}',
  '{"accounts":{}}',
  '{"transactions":[null]}',
];

/** In place of a path or query parameter, already encoded. */
export const JUNK_TEXT: readonly string[] = [
  ...["0", "-1", "1.5", "1e3", "01", "+1", "abc", "null", "NaN", "true", "[]", "%5B1%5D", "%7B%7D"],
  ...[
    "9007199254740993",
    "9223372036854775808",
    "99999999999999999999999999",
    "%20",
    "%201",
    "1%20",
    "%EF%BC%91",
  ],
  ...[
    "%00",
    "1%00",
    "%0d%0aSet-Cookie:%20a=b",
    "%2F",
    "..%2F..%2Fmetrics",
    "%2e%2e",
    "1%2F2",
    "%ff",
    "%c0%80",
    "%ed%a0%80",
  ],
  ...[
    "%27%3B%20DROP%20TABLE%20x",
    "*",
    ";",
    "%25",
    "__proto__",
    "constructor",
    "x".repeat(199),
    "9".repeat(1_000),
    "x".repeat(4_000),
  ],
  ...[
    "2026-13-45T99:99:99Z",
    "-271821-04-20T00:00:00Z",
    "+275760-09-13T00:00:00Z",
    "0000-01-01T00:00:00Z",
    "2026-02-30",
    "9999-12-31T23:59:59.999999999Z",
  ],
];

export function nest(levels: number, inner = ""): string {
  return `${'{"a":'.repeat(levels)}${inner === "" ? "0" : inner}${"}".repeat(levels)}`;
}
