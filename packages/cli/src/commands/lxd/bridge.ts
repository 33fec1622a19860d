/** `oreno lxd bridge`: one process that serves a whole run of Test Kitchen. */
import { serveKitchen } from '../../lxd/kitchen/serve.ts';

export const bridge = (): Promise<void> => serveKitchen({ input: process.stdin, output: process.stdout });
