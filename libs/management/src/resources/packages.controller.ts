// Value imports: Nest reads the constructor's parameter types.
import { Publishing } from '#registry';
import type { ApiCall, CallOf } from '../http/api-call.js';
import { ContentContexts } from '../http/content-context.js';
import type { Output } from '../http/operation.js';
import { ApiController, Call, Serves } from '../http/serves.js';
import { Visibility } from '../http/visibility.js';
import { PackageViews } from '../views/package-views.js';
import { SearchViews } from '../views/search-views.js';
import { VersionViews, type VersionPlace } from '../views/version-views.js';
import {
  changeVersion,
  getPackage,
  getVersion,
  listFiles,
  listPackages,
  listVersions,
  removePackage,
  removeVersion,
  search,
} from './packages.operations.js';

/** Packages, versions and files, and the search over them. */
@ApiController()
export class PackagesController {
  constructor(
    private readonly packages: PackageViews,
    private readonly versions: VersionViews,
    private readonly searches: SearchViews,
    private readonly visibility: Visibility,
    private readonly publishing: Publishing,
    private readonly contexts: ContentContexts,
  ) {}

  @Serves(listPackages)
  list(@Call() call: CallOf<typeof listPackages>): Promise<Output<typeof listPackages>> {
    return this.packages.list({ filter: this.visibility.filter(call.principal), ...call.query });
  }

  @Serves(getPackage)
  async get(@Call() call: CallOf<typeof getPackage>): Promise<Output<typeof getPackage>> {
    const found = await this.packages.find(this.visibility.filter(call.principal), call.params.packageId);
    if (!found) throw this.visibility.missing(call.principal, 'package');
    return found;
  }

  @Serves(removePackage)
  async remove(@Call() call: CallOf<typeof removePackage>): Promise<void> {
    const place = await this.packages.place(this.visibility.filter(call.principal), call.params.packageId);
    if (!place) throw this.visibility.missing(call.principal, 'package');
    if (!place.living) return;
    await this.publishing.removePackage(
      await this.contexts.of(call, place.repository, { package: place.name }),
      place.name,
    );
  }

  @Serves(listVersions)
  async listVersions(@Call() call: CallOf<typeof listVersions>): Promise<Output<typeof listVersions>> {
    const filter = this.visibility.filter(call.principal);
    const place = await this.packages.place(filter, call.params.packageId);
    if (!place?.living) throw this.visibility.missing(call.principal, 'package');
    return this.versions.list(filter, place.id, call.query);
  }

  @Serves(getVersion)
  async getVersion(@Call() call: CallOf<typeof getVersion>): Promise<Output<typeof getVersion>> {
    const found = await this.versions.findDetails(this.visibility.filter(call.principal), call.params.versionId);
    if (!found) throw this.visibility.missing(call.principal, 'version');
    return found;
  }

  @Serves(changeVersion)
  async changeVersion(@Call() call: CallOf<typeof changeVersion>): Promise<Output<typeof changeVersion>> {
    const place = await this.place(call, call.params.versionId);
    if (place.removed) throw this.visibility.missing(call.principal, 'version');
    const ctx = await this.contexts.of(call, place.repository, { package: place.package, version: place.text });
    for (const state of ['yanked', 'deprecated', 'unlisted'] as const) {
      const change = call.body.states[state];
      if (change === undefined) continue;
      await this.publishing.setState(ctx, place.package, {
        version: place.text,
        state,
        reason: change === null ? null : change.reason,
      });
    }
    const changed = await this.versions.find(this.visibility.filter(call.principal), place.id);
    if (!changed) throw this.visibility.missing(call.principal, 'version');
    return changed;
  }

  @Serves(removeVersion)
  async removeVersion(@Call() call: CallOf<typeof removeVersion>): Promise<void> {
    const place = await this.place(call, call.params.versionId);
    if (place.removed) return;
    const ctx = await this.contexts.of(call, place.repository, { package: place.package, version: place.text });
    await this.publishing.removeVersion(ctx, place.package, place.text);
  }

  @Serves(listFiles)
  async listFiles(@Call() call: CallOf<typeof listFiles>): Promise<Output<typeof listFiles>> {
    const place = await this.place(call, call.params.versionId);
    if (place.removed) throw this.visibility.missing(call.principal, 'version');
    return this.versions.files(place.id, call.query);
  }

  @Serves(search)
  search(@Call() call: CallOf<typeof search>): Promise<Output<typeof search>> {
    return this.searches.search(this.visibility.filter(call.principal), call.query);
  }

  /** Removed ones too: a removal must be repeatable. */
  private async place(call: ApiCall, versionId: string): Promise<VersionPlace> {
    const place = await this.versions.place(this.visibility.filter(call.principal), versionId);
    if (!place) throw this.visibility.missing(call.principal, 'version');
    return place;
  }
}
