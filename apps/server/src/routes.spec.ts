import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { listRoutes, type DeclaredRoute } from '#registry';
import { startTestServer, type TestServer } from '#testing';

const probes = ['HealthController.live', 'HealthController.metrics', 'HealthController.ready'];
const signIn = [
  'BaseController.base',
  'BaseController.extensions',
  'BaseController.grant',
  'BaseController.token',
  'SessionController.login',
  'SetupController.complete',
  'SetupController.open',
  'SetupController.state',
];
const descriptions = [
  'DescriptionController.describe',
  'DescriptionController.nothing',
  'RecordsController.problem',
  'RepositoriesController.listFormats',
];
/** These answer with what the principal may read, and with not-found for everything else; anonymous is a principal like others. */
const filtered = [
  'BaseController.list',
  'PackagesController.get',
  'PackagesController.getVersion',
  'PackagesController.list',
  'PackagesController.listFiles',
  'PackagesController.listVersions',
  'PackagesController.search',
  'RecordsController.decision',
  'RepositoriesController.get',
  'RepositoriesController.list',
  'TagsController.get',
  'TagsController.history',
  'TagsController.list',
];

let server: TestServer;
let routes: DeclaredRoute[];

beforeAll(async () => {
  server = await startTestServer();
  routes = listRoutes(server.app);
});
afterAll(() => server.stop());

describe('the routes of the server', () => {
  it('declare an action, all of them', () => {
    expect(routes.filter(route => route.action === undefined)).toEqual([]);
  });

  it('have one name each', () => {
    const names = routes.map(route => `${route.controller}.${route.handler}`);
    expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
  });

  it('need no right only where one signs in, asks how the server is, or hears what one may see', () => {
    const open = routes.filter(route => route.action === 'public').map(route => `${route.controller}.${route.handler}`);
    expect(open.toSorted()).toEqual([...probes, ...signIn, ...descriptions, ...filtered].toSorted());
  });
});
