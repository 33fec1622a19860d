/**
 * The AWS query protocol: a form with `Action` and `Version`, an XML answer. Parameters may stand in the body, in
 * the address, or in both. Smithy, "AWS query protocol".
 */
import type { ModelTable } from '../model.ts';
import { queryPairs } from '../sigv4/canonical.ts';
import { errorFactsOf } from './protocol.ts';
import type { Protocol } from './protocol.ts';
import { queryReadersOf, queryTree } from './query-input.ts';
import { xmlWritersOf } from './query-output.ts';
import { element, escapeXml } from './xml.ts';

const contentType = 'text/xml';

/** All parameters of a request, those of the address first. */
const queryParameters = (body: Buffer, query: string): readonly (readonly [string, string])[] => [
  ...queryPairs(query),
  ...queryPairs(body.toString('utf8')),
];

export const queryProtocol = (table: ModelTable): Protocol => {
  const reader = queryReadersOf(table);
  const writer = xmlWritersOf(table);
  const facts = errorFactsOf(table);
  const namespace = escapeXml(table.xmlNamespace ?? '');
  const headersOf = (requestId: string): Readonly<Record<string, string>> => ({
    'content-type': contentType,
    'x-amzn-requestid': requestId,
  });
  return {
    name: 'query',
    readInput: (operation, body, query) => {
      const input = table.operations[operation]?.input;
      return input === undefined ? {} : reader(input)(queryTree(queryParameters(body, query)));
    },
    writeOutput: (operation, output, requestId) => {
      const { output: shape, resultWrapper } = table.operations[operation] ?? {};
      const content = shape === undefined ? '' : writer(shape)(output ?? {});
      const result = resultWrapper === undefined ? content : element(resultWrapper, content);
      const metadata = element('ResponseMetadata', element('RequestId', requestId));
      const name = `${operation}Response`;
      return {
        status: 200,
        headers: headersOf(requestId),
        body: `<${name} xmlns="${namespace}">${result}${metadata}</${name}>`,
      };
    },
    writeError: (error, requestId) => {
      const fact = facts(error.code);
      const members =
        fact.shape === undefined ? '' : writer(fact.name)({ ...error.members, message: undefined, Message: undefined });
      const content =
        element('Type', fact.type) +
        element('Code', escapeXml(fact.queryCode)) +
        element('Message', escapeXml(error.message)) +
        members;
      return {
        status: fact.queryStatus,
        headers: headersOf(requestId),
        body: `<ErrorResponse xmlns="${namespace}">${element('Error', content)}${element('RequestId', requestId)}</ErrorResponse>`,
      };
    },
  };
};
