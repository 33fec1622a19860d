import type { ServerResponse } from 'node:http';

/** What a route answers: the server adds the headers that every answer carries. */
export interface Answer {
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
}

/** A JSON answer; a text becomes a JSON string, as the metadata endpoints give their errors. */
export const json = (status: number, value: unknown, contentType = 'application/json'): Answer => ({
  status,
  contentType,
  body: JSON.stringify(value),
});

/** A text that is sent as it is. */
export const text = (status: number, body: string): Answer => ({ status, contentType: 'text/plain', body });

/** Sends an answer with further headers. */
export const send = (
  response: ServerResponse,
  answer: Answer,
  headers: Readonly<Record<string, string>> = {},
): void => {
  const length = String(Buffer.byteLength(answer.body));
  response.writeHead(answer.status, { ...headers, 'content-type': answer.contentType, 'content-length': length });
  response.end(answer.body);
};
