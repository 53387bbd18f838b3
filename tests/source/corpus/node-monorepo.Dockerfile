FROM node:22.3.0-alpine3.20 AS base
ENV PNPM_HOME=/pnpm PATH=/pnpm:$PATH
RUN corepack enable

FROM base AS deps
WORKDIR /repo
COPY pnpm-lock.yaml pnpm-workspace.yaml package.json ./
COPY packages/api/package.json packages/api/
RUN --mount=type=cache,id=pnpm,target=/pnpm/store pnpm install --frozen-lockfile --filter api...

FROM deps AS build
COPY . .
RUN pnpm --filter api build && pnpm deploy --filter api --prod /out

FROM node:22.3.0-alpine3.20
WORKDIR /app
COPY --from=build --link /out .
USER node
STOPSIGNAL SIGTERM
CMD ["node", "dist/server.js"]
