/**
 * Smithy RPC v2 CBOR: `POST /service/<Service>/operation/<Operation>` with a CBOR map as body and answer. Times
 * are tag 1, blobs byte strings. https://smithy.io/2.0/additional-specs/protocols/smithy-rpc-v2.html
 */
import { Encoder } from 'cbor-x';
import { AwsError } from '../aws-error.ts';
import type { ModelTable } from '../model.ts';
import { decodersOf } from '../shapes/decode.ts';
import type { InputFormat } from '../shapes/decode.ts';
import { encodersOf } from '../shapes/encode.ts';
import type { OutputFormat } from '../shapes/encode.ts';
import { furthestDate } from './json-scalars.ts';
import { errorFactsOf, errorMembers, queryErrorHeader } from './protocol.ts';
import type { Protocol } from './protocol.ts';

const coder = new Encoder({ useRecords: false, mapsAsObjects: true, variableMapSize: true, tagUint8Array: false });

const withinDates = (milliseconds: number): number | undefined =>
  Math.abs(milliseconds) <= furthestDate ? Math.round(milliseconds) : undefined;

const cborInput: InputFormat = {
  timestamp: (value) => {
    if (value instanceof Date) return withinDates(value.getTime());
    return typeof value === 'number' ? withinDates(value * 1000) : undefined;
  },
  blob: (value) => (value instanceof Uint8Array ? value : undefined),
};

const cborOutput: OutputFormat = {
  timestamp: (milliseconds) => new Date(milliseconds),
  blob: (bytes) => bytes,
  double: (value) => value,
  // Beyond 32 bits the encoder would write a float, which a client may refuse for a Long.
  long: (value) => (Math.abs(value) > 0x7fff_ffff && Number.isSafeInteger(value) ? BigInt(value) : value),
};

const parsed = (body: Buffer): unknown => {
  if (body.length === 0) return {};
  try {
    return coder.decode(body) as unknown;
  } catch {
    throw new AwsError('SerializationException', 'The request body is not valid CBOR.');
  }
};

const headersOf = (requestId: string): Readonly<Record<string, string>> => ({
  'content-type': 'application/cbor',
  'smithy-protocol': 'rpc-v2-cbor',
  'x-amzn-requestid': requestId,
});

export const cborProtocol = (table: ModelTable): Protocol => {
  const decoder = decodersOf(table, cborInput);
  const encoder = encodersOf(table, cborOutput);
  const facts = errorFactsOf(table);
  return {
    name: 'cbor',
    readInput: (operation, body) => {
      const input = table.operations[operation]?.input;
      const value = parsed(body);
      return input === undefined ? {} : decoder(input)(value ?? {}, 0);
    },
    writeOutput: (operation, output, requestId) => {
      const shape = table.operations[operation]?.output;
      const value = shape === undefined ? {} : encoder(shape)(output ?? {});
      return { status: 200, headers: headersOf(requestId), body: coder.encode(value) };
    },
    writeError: (error, requestId) => {
      const fact = facts(error.code);
      const members = errorMembers(error, fact);
      const body = fact.shape === undefined ? members : (encoder(fact.name)(members) as object);
      return {
        status: fact.status,
        headers: { ...headersOf(requestId), ...queryErrorHeader(table, fact) },
        body: coder.encode({ __type: fact.name, message: error.message, ...body }),
      };
    },
  };
};
