import { writeFileSync } from "node:fs";

// eslint-disable-next-line @typescript-eslint/no-var-requires
const ms = require("ms") as (text: string) => number;

writeFileSync("state.json", JSON.stringify({ every: ms("2 days") }));
console.log(`works every ${ms("2 days")} ms`);
