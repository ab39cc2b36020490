import { seeInPanel } from '../support/driver.ts';

describe('a panel that comes back without its file', () => {
  it('says which file is gone', async () => {
    await seeInPanel('.banner.failed', 'cifar_resnet.py');
  });
});
