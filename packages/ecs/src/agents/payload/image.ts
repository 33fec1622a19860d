/**
 * Recognises images of registries that this server is, and makes their names reachable from an instance: the
 * agent itself does not know which image names are ECR's. Pure.
 */
import { isLoopbackHost, reachableHost } from '@oreno/aws-wire';
import type { RegistryAuthentication } from '../acs/messages.ts';

/** Which registry names this server answers for. */
export interface RegistryNames {
  /** Host and port in repository URIs, for example `localhost:4566`. */
  readonly registryHost: string;
  /** Whether an account's registry is kept here; others are left to Amazon. */
  readonly ownsRegistry: (account: string) => boolean;
  /** Whether names of Amazon's own hosts are left to Amazon, whoever the account is of. */
  readonly leavesAmazonNames?: boolean | undefined;
}

/** Where the image is pulled to, and for whom. */
export interface ImagePlace {
  readonly account: string;
  readonly region: string;
  /** Scheme, host and port under which the instance reaches the server. */
  readonly origin: string;
  /** Whether the registry token is fetched with the task's execution role or with the instance's credentials. */
  readonly useExecutionRole: boolean;
}

export interface ResolvedImage {
  readonly image: string;
  readonly registryAuthentication?: RegistryAuthentication;
}

/** `<account>.dkr.ecr.<region>.<suffix>`, FIPS and dual-stack spellings included (ECR user guide, Registry endpoints). */
const registryName = /^(\d{12})\.dkr[.-]ecr(?:-fips)?\.([a-z0-9-]+)\.(.+)$/;

const amazonSuffix = /^(amazonaws\.com(\.cn)?|amazonaws\.eu|on\.aws|on\.amazonwebservices\.com\.cn)(:\d+)?$/;

/** The registry host of an image reference, or undefined when the reference means Docker Hub. */
const registryHostOf = (image: string): string | undefined => {
  const slash = image.indexOf('/');
  if (slash < 1) return undefined;
  const first = image.slice(0, slash);
  return /[.:]/.test(first) || first === 'localhost' ? first : undefined;
};

const portOf = (host: string): string => /:(\d+)$/.exec(host)?.[1] ?? '';

/** `localhost` and `127.0.0.1` lead to the same server when their ports are the same. */
const isSameHost = (left: string, right: string): boolean =>
  left === right || (isLoopbackHost(left) && isLoopbackHost(right) && portOf(left) === portOf(right));

/**
 * The image as this instance must pull it, with the registry authentication that the agent needs when the
 * registry is one of ours: named as in its repository URIs, by the server's own address, or as Amazon would.
 * An image of any other registry comes back as written.
 */
export const resolveImage = (image: string, names: RegistryNames, place: ImagePlace): ResolvedImage => {
  const host = registryHostOf(image);
  if (host === undefined) return { image };
  const [, account, region, suffix = ''] = registryName.exec(host) ?? [];
  const isAmazons = amazonSuffix.test(suffix);
  const isLeft = isAmazons && names.leavesAmazonNames === true;
  const named = account !== undefined && region !== undefined && !isLeft && names.ownsRegistry(account);
  const isOwn = [names.registryHost, new URL(place.origin).host].some((own) => isSameHost(host, own));
  if (!isOwn && !named) return { image };
  // A name of the registry's kind that is not Amazon's was made to lead here by whoever uses it.
  const isPrivateName = named && !isAmazons;
  const pulledFrom = isPrivateName ? host : reachableHost(names.registryHost, place.origin);
  return {
    image: `${pulledFrom}${image.slice(host.length)}`,
    registryAuthentication: {
      type: 'ecr',
      ecrAuthData: {
        registryId: named ? account : place.account,
        region: named ? region : place.region,
        endpointOverride: place.origin,
        useExecutionRole: place.useExecutionRole,
      },
    },
  };
};
