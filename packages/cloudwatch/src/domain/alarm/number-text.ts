/** Numbers and times as CloudWatch's texts and JSON write them. Pure. */

/** A double with a fraction always: `3.0`, `0.33`, and from ten million on `1.34217728E8`. */
export const numberText = (value: number): string => {
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-3 || size >= 1e7)) {
    const [digits = '', exponent = ''] = value.toExponential().split('e');
    return `${digits.includes('.') ? digits : `${digits}.0`}E${Number(exponent)}`;
  }
  const text = String(value);
  return text.includes('.') ? text : `${text}.0`;
};

/** `2024-10-26T19:00:38.853+0000`. */
export const timeText = (at: number): string => new Date(at).toISOString().replace('Z', '+0000');

/** `26/10/24 18:59:00`. */
export const shortTimeText = (at: number): string => {
  const [date = '', time = ''] = new Date(at).toISOString().split('T');
  const [year = '', month = '', day = ''] = date.split('-');
  return `${day}/${month}/${year.slice(2)} ${time.slice(0, 8)}`;
};
