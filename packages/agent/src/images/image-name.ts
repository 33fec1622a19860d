/**
 * The seam where an image name becomes the one that this machine pulls. The control plane resolves the names of
 * registries that it owns and sends them with `registryAuthentication`; where the agent reaches the control plane
 * under another address than the payload names, the registry's host is put right here.
 */
import type { AcsContainer } from '../protocol/acs-messages.ts';

export type ResolveImage = (container: AcsContainer) => string;

/** Replaces Amazon's own registry names of accounts that the control plane answers for by the host of its endpoint. */
export function createImageResolver(endpoint: string): ResolveImage {
  const { host } = new URL(endpoint);
  return ({ image, registryAuthentication }) => {
    const override = registryAuthentication?.ecrAuthData?.endpointOverride;
    if (override === undefined || override === '') return image;
    return image.replace(/^\d{12}\.dkr\.ecr\.[a-z0-9-]+\.amazonaws\.com(\.cn)?\//, `${host}/`);
  };
}
