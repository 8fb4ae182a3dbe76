# Larder in a container. The embedded PostgreSQL works here too (it runs as the same ordinary user); docker-compose.yml starts a PostgreSQL of its own beside it.

FROM node:26-slim AS build
WORKDIR /build
COPY package.json package-lock.json .npmrc ./
RUN npm ci
COPY tsconfig.json ./
COPY scripts scripts
COPY migrations migrations
COPY libs libs
COPY apps apps
# The image has a Node of its own, so the one that npm installed is left behind with everything that is only for building and testing.
RUN npm run build \
 && npm prune --omit=dev \
 && rm -rf node_modules/node node_modules/.bin/node \
 && find dist \( -name '*.map' -o -name '*.tsbuildinfo' -o -name '*spec.js' \) -delete \
 && rm -rf dist/apps/e2e dist/apps/bench dist/libs/testing

FROM node:26-slim
ENV NODE_ENV=production \
    LARDER_HOST=0.0.0.0 \
    LARDER_PORT=8081 \
    LARDER_DATA_DIR=/data
RUN groupadd --gid 10001 larder \
 && useradd --uid 10001 --gid larder --home-dir /data --no-create-home --shell /usr/sbin/nologin larder \
 && install --directory --owner larder --group larder --mode 0700 /data
WORKDIR /larder
# Owned by root: the server can read its program and not change it.
COPY --from=build /build/package.json ./
COPY --from=build /build/node_modules node_modules
COPY --from=build /build/dist dist
USER 10001:10001
VOLUME /data
EXPOSE 8081
# Asks for readiness: database and blob store usable.
HEALTHCHECK --interval=15s --timeout=5s --start-period=30s --retries=3 \
  CMD ["node", "-e", "fetch('http://127.0.0.1:' + process.env.LARDER_PORT + '/readyz').then(r => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
# Give it up to 75 seconds to stop: it finishes what is in flight.
STOPSIGNAL SIGTERM
CMD ["node", "dist/apps/server/src/main.js"]
