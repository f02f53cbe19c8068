-- A waiting row lives for a moment: compressing it cost more than everything else about it (bench/audit-cost.ts).
ALTER TABLE audit.pending ALTER COLUMN entries SET STORAGE EXTERNAL;
