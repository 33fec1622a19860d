/** Why a server cannot be used, said with the keys of kitchen.yml: pure. */
import { ForbiddenError, LxdError } from '@oreno/lxd';
import { CommandFailure } from '../../failure.ts';
import { BridgeError } from '../bridge/error.ts';
import type { Target } from '../target.ts';

/** The error to tell; the one that came where nothing more can be said. */
export const explainConnection = (error: unknown, target: Target): unknown => {
  // An address that is none, a file that cannot be read.
  if (error instanceof CommandFailure) return new BridgeError('invalid-config', error.message, { cause: error });
  if (error instanceof ForbiddenError) {
    return new BridgeError(
      'forbidden',
      `The LXD server at ${error.operation ?? target.remote} does not trust this client.`,
      {
        remedy: trustRemedy(target),
        cause: error,
      },
    );
  }
  if (String((error as NodeJS.ErrnoException).code).startsWith('ERR_OSSL')) {
    return new BridgeError(
      'invalid-config',
      `The client's certificate and key do not do: ${(error as Error).message}.`,
      {
        remedy: 'client_cert and client_key are to be PEM files of one pair.',
        cause: error,
      },
    );
  }
  const { remote = '' } = target;
  if (!(error instanceof LxdError) || !remote.startsWith('https:')) return error;
  const told = toldOf(error.text, remote, target.serverCertificate);
  return told === undefined ? error : new BridgeError('unreachable', told[0], { remedy: told[1], cause: error });
};

const port = 'LXD listens at 8443, or where "lxc config get core.https_address" says there.';

/** What is wrong with the server at an address, and the remedy. */
const toldOf = (
  text: string,
  remote: string,
  certificate: string | undefined,
): readonly [string, string] | undefined => {
  if (/certificate|altname/i.test(text)) {
    return certificate === undefined
      ? [
          `The certificate of ${remote} is not one that is trusted here.`,
          'Name the one it has with server_cert, or keep the server as a remote (lxc remote add NAME ADDRESS).',
        ]
      : [
          `${remote} shows another certificate than server_cert.`,
          `Is it the server that is meant? Then ${certificate} is to be its server.crt.`,
        ];
  }
  if (/ECONNREFUSED/.test(text)) return [`Nothing listens at ${remote}.`, port];
  if (/EPROTO|hang up|not an answer of LXD/i.test(text)) return [`What listens at ${remote} is no LXD server.`, port];
  return undefined;
};

const trustRemedy = ({ remote = '', clientCertificate }: Target): string => {
  if (clientCertificate !== undefined) return `Have ${clientCertificate} trusted there: lxc config trust add`;
  if (remote.startsWith('https:')) {
    return 'Have ~/.config/lxc/client.crt trusted there (lxc config trust add), or name another with client_cert and client_key.';
  }
  return `Have the certificate of the lxc program trusted there (lxc config trust add), or add the remote ${remote} anew.`;
};
