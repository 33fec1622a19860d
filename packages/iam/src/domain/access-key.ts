/** Names and secrets of access keys and principals, in IAM's forms (IAM user guide, "IAM identifiers"). */
import { createHash, randomBytes } from 'node:crypto';

export interface RootAccessKey {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/** Sixteen letters and digits of the alphabet that unique ids are made of. */
const sixteen = (bytes: Uint8Array): string =>
  Array.from(bytes.subarray(0, 16), (byte) => alphabet[byte & 31]).join('');

/** A new id: `AKIA` for a lasting key, `ASIA` for a temporary one. */
export const newAccessKeyId = (prefix: 'AKIA' | 'ASIA'): string => prefix + sixteen(randomBytes(16));

/** Forty characters, 240 bits of chance. */
export const newSecretAccessKey = (): string => randomBytes(30).toString('base64');

/** The unique id of a role, `AROA…`: the same for the same ARN on every server. */
export const roleIdOf = (roleArn: string): string => `AROA${sixteen(createHash('sha256').update(roleArn).digest())}`;
