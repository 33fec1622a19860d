/** Measurements of a server and its instances in the OpenMetrics text format (LXD documentation, "How to monitor metrics"). */
import { text } from 'node:stream/consumers';
import type { Client } from './client.ts';

export interface Sample {
  /** `lxd_cpu_seconds_total` */
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

const line = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)/;
const label = /([a-zA-Z_]\w*)="((?:[^"\\]|\\.)*)"/g;

const unescape = (text: string): string =>
  text.replaceAll(/\\(.)/g, (_, escaped: string) => (escaped === 'n' ? '\n' : escaped));

/** Reads the samples of a text; comments and what is no sample are left out. */
export const parseMetrics = (text: string): readonly Sample[] =>
  text.split('\n').flatMap((each) => {
    const [, name, labels = '', value] = line.exec(each) ?? [];
    if (name === undefined || value === undefined) return [];
    const pairs = [...labels.matchAll(label)].map((match) => [match[1] ?? '', unescape(match[2] ?? '')]);
    return [{ name, labels: Object.fromEntries(pairs) as Record<string, string>, value: Number(value) }];
  });

/** Asks the server. */
export const metrics = async (client: Client): Promise<readonly Sample[]> => {
  return parseMetrics(await text(await client.stream({ method: 'GET', path: '/metrics' })));
};
