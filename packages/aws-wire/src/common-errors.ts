/**
 * The errors that every AWS service may answer though its model does not list them ("Common errors" in each API
 * reference): their HTTP status in the JSON protocols, and their code and status in the query protocol.
 */
export interface CommonError {
  readonly status: number;
  readonly queryCode: string;
  readonly queryStatus: number;
}

const entry = (status: number, queryCode: string, queryStatus: number): CommonError => ({
  status,
  queryCode,
  queryStatus,
});

export const commonErrors: Readonly<Record<string, CommonError | undefined>> = {
  AccessDeniedException: entry(400, 'AccessDenied', 403),
  ExpiredTokenException: entry(400, 'ExpiredToken', 403),
  IncompleteSignatureException: entry(400, 'IncompleteSignature', 400),
  InternalFailure: entry(500, 'InternalFailure', 500),
  InvalidSignatureException: entry(400, 'SignatureDoesNotMatch', 403),
  MissingAuthenticationTokenException: entry(400, 'MissingAuthenticationToken', 403),
  RequestEntityTooLargeException: entry(413, 'RequestEntityTooLarge', 413),
  RequestTimeoutException: entry(408, 'RequestTimeout', 408),
  SerializationException: entry(400, 'MalformedInput', 400),
  ThrottlingException: entry(400, 'Throttling', 400),
  UnknownOperationException: entry(400, 'InvalidAction', 400),
  UnrecognizedClientException: entry(400, 'InvalidClientTokenId', 403),
  ValidationException: entry(400, 'ValidationError', 400),
};
