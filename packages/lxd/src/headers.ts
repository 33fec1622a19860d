/** Headers with which uploads tell what they are; Incus looks for some under its own name alone. */

/** Both names of each; undefined values are left out. */
export const headersOf = (values: Readonly<Record<string, string | undefined>>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(values).flatMap(([name, value]) =>
      value === undefined ? [] : [`X-LXD-${name}`, `X-Incus-${name}`].map((header) => [header, value]),
    ),
  );
