/** Pages of containers. */
import { setTimeout as sleep } from 'node:timers/promises';

/** The text of a page, asked for again for ten seconds: a container runs before its program listens. */
export const pageOf = async (url: string): Promise<string> => {
  for (const end = Date.now() + 10_000; ; await sleep(50)) {
    const answer = await fetch(url).catch((error: unknown) => {
      if (Date.now() > end) throw error;
    });
    if (answer !== undefined) return answer.text();
  }
};
