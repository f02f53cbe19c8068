-- Units of stock are one asset: each SKU at each location has an account in it, and the accounts never trade with each
-- other, only with `world` and `sold`. An asset per SKU would prove no more and cost six system accounts each.
INSERT INTO ledger.assets (code, kind, scale) VALUES ('UNIT', 'stock', 0) ON CONFLICT (code) DO NOTHING;
