/**
 * The rules about the task definition as a whole: its family, its constraints, its proxy, its size.
 * Pages: RegisterTaskDefinition and ProxyConfiguration in the API reference, "Service quotas".
 */
import { NAME } from '../check.ts';
import type { Check } from '../check.ts';

const MOST_CONSTRAINTS = 10;
const MOST_BYTES = 65_536;

const family: Check = ({ family: name }) => {
  if (name === '') return 'Family should not be null or empty.';
  return NAME.test(name) ? undefined : 'Family contains invalid characters.';
};

const placementConstraints: Check = ({ placementConstraints: constraints = [] }) => {
  if (constraints.length > MOST_CONSTRAINTS) {
    return `Placement constraints cannot have more than ${MOST_CONSTRAINTS} constraints.`;
  }
  return constraints.some(
    ({ type, expression }) => type !== 'memberOf' || expression === undefined || expression === '',
  )
    ? 'A placement constraint of a task definition must be of type memberOf and have an expression.'
    : undefined;
};

const REQUIRED_PROXY_PROPERTIES = ['AppPorts', 'ProxyIngressPort', 'ProxyEgressPort'];

const proxyConfiguration: Check = ({ proxyConfiguration: proxy, networkMode, containerDefinitions }) => {
  if (proxy === undefined) return undefined;
  if (networkMode !== 'awsvpc') return 'A proxyConfiguration is only supported when networkMode=awsvpc.';
  if (!containerDefinitions.some(({ name }) => name === proxy.containerName)) {
    return `The proxy container '${proxy.containerName}' does not exist in the task.`;
  }
  const given = new Set((proxy.properties ?? []).map(({ name }) => name));
  const missing = REQUIRED_PROXY_PROPERTIES.filter((property) => !given.has(property));
  if (missing.length > 0) return `The proxyConfiguration requires properties: ${missing.join(', ')}`;
  return given.has('IgnoredUID') || given.has('IgnoredGID')
    ? undefined
    : 'The proxyConfiguration requires one of the properties IgnoredUID and IgnoredGID.';
};

const size: Check = (request) => {
  const { tags: _, ...definition } = request;
  const bytes = Buffer.byteLength(JSON.stringify(definition));
  return bytes > MOST_BYTES ? `Actual length: '${bytes}'. Max allowed length is '${MOST_BYTES}' bytes.` : undefined;
};

export const taskChecks: readonly Check[] = [family, placementConstraints, proxyConfiguration, size];
