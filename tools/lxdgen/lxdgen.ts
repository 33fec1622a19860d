/**
 * A maintainer's step: `node tools/lxdgen/lxdgen.ts LXD INCUS`, two source trees, writes the types of the API into
 * packages/lxd/src/api/types.ts. The output is checked in. Both have to be under the Apache licence: LXD up to 5.19
 * (5.0.2 is taken), Incus in every release.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readDescription } from './source.ts';
import { typesText } from './types.ts';

const [lxd, incus] = process.argv.slice(2);
if (lxd === undefined || incus === undefined) throw new Error('usage: node tools/lxdgen/lxdgen.ts LXD INCUS');
const heading = `/** Made by tools/lxdgen from the API descriptions of LXD 5.0.2 and Incus 6.0.4; not to be changed by hand. */`;
const text = typesText(heading, [readDescription(lxd), readDescription(incus)]);
writeFileSync(join(import.meta.dirname, '../../packages/lxd/src/api/types.ts'), text);
process.stdout.write(`${text.split('\nexport ').length - 1} types, ${text.length} bytes\n`);
