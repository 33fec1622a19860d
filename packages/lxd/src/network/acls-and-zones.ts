/** Access rules of networks, and DNS zones with their records (LXD documentation, "network ACLs", "network zones"). */
import { text } from 'node:stream/consumers';
import type {
  NetworkACL,
  NetworkACLsPost,
  NetworkZone,
  NetworkZoneRecord,
  NetworkZoneRecordsPost,
  NetworkZonesPost,
} from '../api/types.ts';
import { type Client, part } from '../client.ts';
import { collectionAt, type Collection } from '../collection.ts';

export interface NetworkAcls extends Collection<NetworkACL, NetworkACLsPost> {
  /** What its rules that log have seen, one JSON object a line. */
  log(acl: string): Promise<string>;
}

export interface NetworkZones extends Omit<Collection<NetworkZone, NetworkZonesPost>, 'rename'> {
  records(zone: string): Omit<Collection<NetworkZoneRecord, NetworkZoneRecordsPost>, 'rename'>;
}

export const networkAclsOf = (client: Client): NetworkAcls => ({
  ...collectionAt<NetworkACL, NetworkACLsPost>(client, '/network-acls', { needs: 'network_acl' }),
  log: async (acl) => {
    const path = `/network-acls/${part(acl)}/log`;
    return text(await client.stream({ method: 'GET', path, subject: acl, needs: 'network_acl_log' }));
  },
});

export const networkZonesOf = (client: Client): NetworkZones => ({
  ...collectionAt<NetworkZone, NetworkZonesPost>(client, '/network-zones', { needs: 'network_dns' }),
  records: (zone) => collectionAt(client, `/network-zones/${part(zone)}/records`, { needs: 'network_dns_records' }),
});
