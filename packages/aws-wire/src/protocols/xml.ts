/** A small writer of XML text: elements and escaped text, nothing else is needed for AWS query answers. */

const escapes: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  '\r': '&#xD;',
};

// XML 1.0 has no way to write most control characters, nor lone surrogates: they become the replacement character.
// oxlint-disable-next-line no-control-regex
const unwritable = /[\u0000-\u0008\u000B\u000C\u000E-\u001F\uFFFE\uFFFF]/g;

/** Text as the content of an element or of an attribute in double quotes. */
export const escapeXml = (text: string): string =>
  text
    .toWellFormed()
    .replaceAll(unwritable, '\uFFFD')
    .replaceAll(/[&<>"\r]/g, (character) => escapes[character] ?? character);

/** An element around XML that is already written. */
export const element = (name: string, content: string): string => `<${name}>${content}</${name}>`;
