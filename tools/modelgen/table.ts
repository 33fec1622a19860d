/**
 * Makes the compact table that aws-wire reads at run time (its types are packages/aws-wire/src/model.ts) from a
 * botocore model. Facts only: documentation, examples and deprecation texts are left out, and so are shapes
 * that no operation reaches.
 */
import type { ModelTable, TableOperation, TableReference, TableShape } from '../../packages/aws-wire/src/model.ts';
import type { SourceModel, SourceOperation, SourceReference, SourceShape } from './source.ts';

const compact = <T extends object>(value: T): T =>
  Object.fromEntries(Object.entries(value).filter(([, entry]) => entry !== undefined && entry !== false)) as T;

const referencesOf = (shape: SourceShape): readonly SourceReference[] => [
  ...Object.values(shape.members ?? {}),
  ...[shape.member, shape.key, shape.value].filter((reference) => reference !== undefined),
];

/** The names of all shapes that the operations use, sorted. */
export const reachableShapes = (model: SourceModel): readonly string[] => {
  const reached = new Set<string>();
  const visit = (name: string): void => {
    if (reached.has(name)) return;
    reached.add(name);
    const shape = model.shapes[name];
    if (shape === undefined) throw new Error(`the model names shape ${name} and has none`);
    for (const reference of referencesOf(shape)) visit(reference.shape);
  };
  for (const operation of Object.values(model.operations)) {
    for (const used of [operation.input, operation.output, ...(operation.errors ?? [])]) {
      if (used !== undefined) visit(used.shape);
    }
  }
  return [...reached].toSorted();
};

const referenceEntry = (reference: SourceReference): TableReference => {
  const { shape, locationName, flattened, streaming, idempotencyToken, hostLabel, eventpayload, timestampFormat } =
    reference;
  const entry = compact({
    shape,
    locationName,
    flattened,
    streaming,
    idempotencyToken,
    hostLabel,
    eventpayload,
    timestampFormat,
  });
  return (Object.keys(entry).length === 1 ? shape : entry) as TableReference;
};

const shapeEntry = (shape: SourceShape): TableShape =>
  compact({
    type: shape.document === true ? 'document' : shape.type,
    members:
      shape.members === undefined || shape.document === true
        ? undefined
        : Object.fromEntries(Object.entries(shape.members).map(([name, member]) => [name, referenceEntry(member)])),
    member: shape.member && referenceEntry(shape.member),
    key: shape.key && referenceEntry(shape.key),
    value: shape.value && referenceEntry(shape.value),
    required: shape.required !== undefined && shape.required.length > 0 ? shape.required : undefined,
    enum: shape.enum,
    min: shape.min,
    max: shape.max,
    pattern: shape.pattern,
    timestampFormat: shape.timestampFormat,
    flattened: shape.flattened,
    locationName: shape.locationName,
    sensitive: shape.sensitive,
    streaming: shape.streaming,
    eventstream: shape.eventstream,
    event: shape.event,
    union: shape.union,
    exception: shape.exception,
    fault: shape.fault,
    error: shape.error,
  }) as TableShape;

const operationEntry = (operation: SourceOperation): TableOperation =>
  compact({
    input: operation.input?.shape,
    output: operation.output?.shape,
    resultWrapper: operation.output?.resultWrapper,
    errors: (operation.errors ?? []).map((error) => error.shape),
    hostPrefix: operation.endpoint?.hostPrefix,
    unsigned: operation.authtype === 'none',
  }) as TableOperation;

/** The table of one service; `service` is botocore's folder name. */
export const tableOf = (service: string, model: SourceModel): ModelTable => {
  const { metadata } = model;
  return compact({
    service,
    serviceId: metadata.serviceId,
    apiVersion: metadata.apiVersion,
    signingName: metadata.signingName ?? metadata.endpointPrefix,
    protocols: metadata.protocols ?? [metadata.protocol],
    jsonVersion: metadata.jsonVersion,
    targetPrefix: metadata.targetPrefix,
    xmlNamespace: metadata.xmlNamespace,
    queryCompatible: metadata.awsQueryCompatible !== undefined,
    operations: Object.fromEntries(
      Object.entries(model.operations)
        .toSorted(([a], [b]) => (a < b ? -1 : 1))
        .map(([name, operation]) => [name, operationEntry(operation)]),
    ),
    shapes: Object.fromEntries(
      reachableShapes(model).map((name) => [name, shapeEntry(model.shapes[name] as SourceShape)]),
    ),
  }) as ModelTable;
};
