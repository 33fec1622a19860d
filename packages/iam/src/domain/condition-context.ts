/** What conditions and variables of policies may ask of a request (IAM user guide, "AWS global condition context keys"). */

/** The values of the keys that a request has, by their names in lower case. Each has one. */
export type ConditionContext = Pick<ReadonlyMap<string, string>, 'get'>;

/**
 * Keys that a request has or truly lacks: there are no organizations, VPCs, tags of principals, MFA or calls of one
 * service by way of another. Of any other key it cannot be told here whether AWS would have a value.
 */
const knownKeys: ReadonlySet<string> = new Set([
  'aws:assumedroot',
  'aws:calledvia',
  'aws:calledviafirst',
  'aws:calledvialast',
  'aws:chatbotsourcearn',
  'aws:currenttime',
  'aws:ec2instancesourceprivateipv4',
  'aws:ec2instancesourcevpc',
  'aws:epochtime',
  'aws:federatedprovider',
  'aws:multifactorauthage',
  'aws:multifactorauthpresent',
  'aws:principalaccount',
  'aws:principalarn',
  'aws:principalisawsservice',
  'aws:principalorgid',
  'aws:principalorgpaths',
  'aws:principalservicename',
  'aws:principalservicenameslist',
  'aws:principaltype',
  'aws:requestedregion',
  'aws:resourceaccount',
  'aws:resourceorgid',
  'aws:resourceorgpaths',
  'aws:securetransport',
  'aws:sourceaccount',
  'aws:sourcearn',
  'aws:sourceidentity',
  'aws:sourceip',
  'aws:sourceorgid',
  'aws:sourceorgpaths',
  'aws:sourcevpc',
  'aws:sourcevpcarn',
  'aws:sourcevpce',
  'aws:tokenissuetime',
  'aws:useragent',
  'aws:userid',
  'aws:username',
  'aws:viaawsservice',
  'aws:vpceaccount',
  'aws:vpceorgid',
  'aws:vpceorgpaths',
  'aws:vpcsourceip',
]);

/** Whether a context tells all about a key, named in lower case: a value, or that the request has none. */
export const isKnownKey = (key: string): boolean => knownKeys.has(key) || key.startsWith('aws:principaltag/');
