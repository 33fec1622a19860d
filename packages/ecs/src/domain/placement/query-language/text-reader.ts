/**
 * A cursor over an expression's text, and the error that names the place where reading stopped.
 * The language has no reserved characters inside a bare argument, so there is no separate tokenizer:
 * what a character means depends on what is expected there.
 */
import { AwsError } from '@oreno/aws-wire';

export interface TextReader {
  readonly text: string;
  /** Offset of the next character. */
  at: number;
}

/** An InvalidParameterException that says what was expected and where (characters counted from 1). */
export const invalidExpression = (reader: TextReader, expected: string): AwsError => {
  const found = reader.at >= reader.text.length ? 'the end' : `"${reader.text.slice(reader.at, reader.at + 20)}"`;
  return new AwsError(
    'InvalidParameterException',
    `Invalid expression: expected ${expected} at position ${reader.at + 1}, found ${found}.`,
  );
};

const isSpace = (character: string | undefined): boolean => character !== undefined && /\s/.test(character);

export const skipSpace = (reader: TextReader): void => {
  while (isSpace(reader.text[reader.at])) reader.at += 1;
};

/** Reads a symbol (`==`, `(`) that stands at the cursor, after any white space. */
export const takeSymbol = (reader: TextReader, symbol: string): boolean => {
  skipSpace(reader);
  if (!reader.text.startsWith(symbol, reader.at)) return false;
  reader.at += symbol.length;
  return true;
};

/** Reads a word (`and`, `exists`) that no word character follows, so that `order` is not `or`. */
export const takeWord = (reader: TextReader, word: string): boolean => {
  skipSpace(reader);
  if (!reader.text.startsWith(word, reader.at)) return false;
  const next = reader.text[reader.at + word.length];
  if (next !== undefined && /[\w.:/\\-]/.test(next)) return false;
  reader.at += word.length;
  return true;
};

/** Reads the longest run of characters for which `accepts` holds; the empty string when there is none. */
export const takeWhile = (reader: TextReader, accepts: (character: string, rest: string) => boolean): string => {
  const start = reader.at;
  while (reader.at < reader.text.length) {
    const character = reader.text[reader.at] ?? '';
    if (!accepts(character, reader.text.slice(reader.at, reader.at + 2))) break;
    reader.at += 1;
  }
  return reader.text.slice(start, reader.at);
};
