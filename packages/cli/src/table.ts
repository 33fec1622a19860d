/** Tables for people: aligned columns with bold heads on a terminal, the same text without colour in a pipe. */

/** Lays rows out under their heads, indented by two. */
export const table = (heads: readonly string[], rows: readonly (readonly string[])[]): string => {
  const widths = heads.map((head, column) => Math.max(head.length, ...rows.map((row) => row[column]?.length ?? 0)));
  const line = (cells: readonly string[]): string =>
    `  ${cells
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd()}`;
  const head = line(heads);
  return `${[process.stdout.isTTY ? `\u001b[1m${head}\u001b[0m` : head, ...rows.map(line)].join('\n')}\n`;
};
