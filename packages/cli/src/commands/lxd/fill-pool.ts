/** `oreno lxd fill-pool`: the process that fills a warm pool up behind a run of Test Kitchen. */
import { json } from 'node:stream/consumers';
import { fill } from '../../lxd/kitchen/pool-filler.ts';
import type { Raw } from '../../lxd/kitchen/values.ts';

export const fillPool = async (): Promise<void> => fill((await json(process.stdin)) as Raw);
