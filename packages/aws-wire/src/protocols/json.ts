/**
 * AWS JSON 1.0 and 1.1 (Smithy, "AWS JSON 1.1 protocol"): `X-Amz-Target` names the operation, body and answer are
 * JSON. Operations without an output answer an empty body in 1.1 services, as ECR's and Logs' clients expect.
 */
import { AwsError } from '../aws-error.ts';
import type { ModelTable } from '../model.ts';
import { decodersOf } from '../shapes/decode.ts';
import { encodersOf } from '../shapes/encode.ts';
import { jsonInput, jsonOutput } from './json-scalars.ts';
import { errorFactsOf, errorMembers, queryErrorHeader } from './protocol.ts';
import type { Protocol } from './protocol.ts';

const utf8 = new TextDecoder('utf-8', { fatal: true });

/** The value of a JSON body; an empty one stands for `{}`. */
const parsed = (body: Buffer): unknown => {
  if (body.length === 0) return {};
  try {
    return JSON.parse(utf8.decode(body)) as unknown;
  } catch {
    throw new AwsError('SerializationException', 'The request body is not valid JSON.');
  }
};

export const jsonProtocol = (table: ModelTable): Protocol => {
  const decoder = decodersOf(table, jsonInput);
  const encoder = encodersOf(table, jsonOutput);
  const facts = errorFactsOf(table);
  const contentType = `application/x-amz-json-${table.jsonVersion ?? '1.1'}`;
  const empty = table.jsonVersion === '1.0' ? '{}' : '';
  return {
    name: 'json',
    readInput: (operation, body) => {
      const input = table.operations[operation]?.input;
      const value = parsed(body);
      return input === undefined ? {} : decoder(input)(value ?? {}, 0);
    },
    writeOutput: (operation, output, requestId) => {
      const shape = table.operations[operation]?.output;
      return {
        status: 200,
        headers: { 'content-type': contentType, 'x-amzn-requestid': requestId },
        body: shape === undefined ? empty : JSON.stringify(encoder(shape)(output ?? {})),
      };
    },
    writeError: (error, requestId) => {
      const fact = facts(error.code);
      const members = errorMembers(error, fact);
      const body = fact.shape === undefined ? members : (encoder(fact.name)(members) as object);
      return {
        status: fact.status,
        headers: {
          'content-type': contentType,
          'x-amzn-requestid': requestId,
          'x-amzn-errortype': fact.name,
          ...queryErrorHeader(table, fact),
        },
        // A shape without a message member still gets one: clients show nothing else.
        body: JSON.stringify({
          __type: fact.name,
          ...(error.message === '' ? {} : { message: error.message }),
          ...body,
        }),
      };
    },
  };
};
