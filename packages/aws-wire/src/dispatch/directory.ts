/**
 * The services behind one port and which of them a call is for. Finding it reads tables only; a service's codecs
 * are compiled at the first call to it.
 */
import { compileService, protocolsOf } from '../compiled-service.ts';
import type { CompiledService, Protocols } from '../compiled-service.ts';
import type { ModelTable } from '../model.ts';
import { routeOf } from '../routing.ts';
import type { AwsService } from '../service.ts';
import type { Call } from './call.ts';

export interface Directory {
  /** The protocols that word the errors of requests that call nothing known. */
  readonly general: Protocols;
  /** Notes in the call what its request, as far as it was read, says that it calls. */
  readonly follow: (call: Call, body: Buffer) => void;
}

/** The table of no service. */
const noTable: ModelTable = {
  service: '',
  serviceId: '',
  apiVersion: '',
  signingName: '',
  protocols: [],
  jsonVersion: '1.1',
  operations: {},
  shapes: {},
};

export const createDirectory = (services: readonly AwsService[]): Directory => {
  const general = protocolsOf(noTable);
  const compiled = new Map<AwsService, CompiledService>();
  const entries = services.map((service) => ({
    service,
    get table(): ModelTable {
      return service.model.table;
    },
  }));
  const compiledOf = (service: AwsService): CompiledService => {
    const found = compiled.get(service) ?? compileService(service);
    compiled.set(service, found);
    return found;
  };
  return {
    general,
    follow: (call, body) => {
      const route = routeOf(entries, call.message, body);
      if (route === undefined) return;
      call.operation = route.operation;
      call.protocol = general[route.protocol];
      if (route.service === undefined) return;
      call.compiled = compiledOf(route.service.service);
      call.protocol = call.compiled.protocols[route.protocol];
    },
  };
};
