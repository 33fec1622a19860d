/**
 * The AWS query protocol for clients that accept JSON: the request is a form as ever, the answer has the same elements
 * as members of objects, times as epoch seconds. aws-iam-authenticator asks STS this way who signed a token.
 */
import type { ModelTable } from '../model.ts';
import { encodersOf } from '../shapes/encode.ts';
import { jsonOutput } from './json-scalars.ts';
import { errorFactsOf } from './protocol.ts';
import type { Protocol } from './protocol.ts';
import { queryProtocol } from './query.ts';

export const queryJsonProtocol = (table: ModelTable): Protocol => {
  const encoder = encodersOf(table, { ...jsonOutput, timestamp: (milliseconds) => milliseconds / 1000 });
  const facts = errorFactsOf(table);
  const answer = (status: number, requestId: string, content: object) => ({
    status,
    headers: { 'content-type': 'application/json', 'x-amzn-requestid': requestId },
    body: JSON.stringify(content),
  });
  return {
    ...queryProtocol(table),
    name: 'query-json',
    writeOutput: (operation, output, requestId) => {
      const { output: shape, resultWrapper } = table.operations[operation] ?? {};
      const content = shape === undefined ? {} : (encoder(shape)(output ?? {}) as object);
      const result = resultWrapper === undefined ? content : { [resultWrapper]: content };
      return answer(200, requestId, {
        [`${operation}Response`]: { ...result, ResponseMetadata: { RequestId: requestId } },
      });
    },
    writeError: (error, requestId) => {
      const fact = facts(error.code);
      const members = fact.shape === undefined ? {} : (encoder(fact.name)(error.members ?? {}) as object);
      const content = { ...members, Code: fact.queryCode, Message: error.message, Type: fact.type };
      return answer(fact.queryStatus, requestId, { Error: content, RequestId: requestId });
    },
  };
};
