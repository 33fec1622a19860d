/** The contract against a real server: the LXD of this machine, or the one named by ORENO_TEST_LXD_DIR (an Incus too). */
import { startLxd } from '../../../../test/support/lxd.ts';
import { contract } from '../contract/contract.ts';

contract('a real server', () => startLxd());
