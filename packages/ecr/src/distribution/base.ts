/** `GET /v2/`: does this server speak the protocol, and does it know the caller? */
import { answerJson } from './call.ts';
import type { Call } from './call.ts';

export const getBase = async (call: Call): Promise<void> => answerJson(call, 200, {});
