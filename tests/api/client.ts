// Compiled by test_typescript_client.py against the types that openapi-typescript makes of the schema.
import createClient from "openapi-fetch";
import type { components, paths } from "./schema";

const client = createClient<paths, "application/json" | "application/problem+json">({ baseUrl: "http://127.0.0.1" });

export async function exceeding(): Promise<string[]> {
  const { data, error } = await client.GET("/api/v1/usage/exceeding/", {
    params: { query: { price_limit: "25.00", usage_type: "data" } },
  });
  if (error) throw new Error(error.errors.map((detail) => detail.rule).join());
  // @ts-expect-error no result has such a member
  data.results[0]?.price;
  return data.results.flatMap((found) => found.exceeded.map((limit) => limit.exceeded_by));
}

export async function metrics(): Promise<["data" | "voice" | "sms", number, string][]> {
  const { data, error } = await client.GET("/api/v1/usage/metrics/", {
    params: { query: { from: "2026-06-01", to: "2026-06-30" } },
  });
  if (error) throw new Error(error.detail);
  // @ts-expect-error an amount is a text, since it is exact
  data.results[0]?.total_price.toFixed(2);
  return data.results.map((metric) => [metric.usage_type, metric.total_usage, metric.total_price]);
}

export async function ingest(): Promise<number> {
  const record: components["schemas"]["UsageRecordRequest"] = {
    record_id: "att-20260301-000001",
    usage_type: "data",
    usage_date: "2026-03-01T09:30:00Z",
    subscription_id: 7,
    quantity: 20480,
    price: "0.3000",
  };
  // @ts-expect-error a quantity is a number
  const wrong: typeof record = { ...record, quantity: "20480" };
  const { data, error } = await client.POST("/api/v1/usage/records/", { body: [record, wrong] });
  if (error) throw new Error(error.title);
  return data.rejections.length + data.accepted;
}
