// What `countinghouse seed` fills a shop with: outdoor and kitchen goods, made from short lists, always the same.

export interface SeedCategory {
  readonly name: string;
  readonly description: string;
  readonly children: readonly { readonly name: string; readonly products: readonly SeedProduct[] }[];
}

export interface SeedProduct {
  readonly sku: string;
  readonly name: string;
  readonly description: string;
  readonly brand: string;
  readonly price: string;
  readonly quantity: number;
}

type Row = readonly [name: string, brand: string, price: string, quantity: number, description: string];

export const SEED_CATEGORIES: readonly SeedCategory[] = [
  {
    name: "Outdoor",
    description: "For days out and nights under canvas",
    children: [
      child("Tents", "TNT", [
        ["Ridge 2 tent", "Northfell", "249.00", 40, "Two-person tent for three seasons, 1.9 kg"],
        ["Ridge 3 tent", "Northfell", "319.00", 25, "Three-person tent with two porches, 2.6 kg"],
        ["Base camp tent", "Tarn & Co", "549.00", 8, "Six people stand upright in it"],
        ["Footprint for Ridge 2", "Northfell", "34.50", 60, "Keeps the groundsheet dry and whole"],
        ["Titanium pegs, set of 8", "Skarn", "27.90", 200, "13 g each, for hard ground"],
      ]),
      child("Sleeping bags", "SLP", [
        ["Down bag 0 °C", "Northfell", "289.00", 35, "750 fill power duck down, 0.8 kg"],
        ["Synthetic bag 5 °C", "Tarn & Co", "99.00", 80, "Dries fast, packs small"],
        ["Silk liner", "Lakelight", "49.95", 120, "Adds three degrees and keeps the bag clean"],
        ["Air mat, regular", "Skarn", "129.00", 55, "Insulated, 8 cm thick, 0.5 kg"],
        ["Foam mat", "Tarn & Co", "19.90", 300, "Cannot be punctured"],
      ]),
      child("Stoves", "STV", [
        ["Gas stove Micro", "Skarn", "44.00", 150, "73 g, boils half a litre in three minutes"],
        ["Alcohol stove", "Lakelight", "18.50", 90, "Burns what every pharmacy sells"],
        ["Titanium pot 0.9 l", "Skarn", "54.00", 70, "With lid and folding handles"],
        ["Wind screen", "Tarn & Co", "12.00", 110, "Folds flat around the pot"],
        ["Long spoon", "Lakelight", "9.90", 250, "Reaches the bottom of a bag meal"],
      ]),
    ],
  },
  {
    name: "Kitchen",
    description: "Tools that last longer than the kitchen",
    children: [
      child("Knives", "KNF", [
        ["Chef's knife 20 cm", "Hartmann", "139.00", 45, "Forged, hardened to 58 HRC"],
        ["Bread knife 24 cm", "Hartmann", "89.00", 50, "Serrated so that crumbs stay few"],
        ["Paring knife", "Hartmann", "39.00", 120, "For all that is done in the hand"],
        ["Whetstone 1000/6000", "Ishi", "59.00", 65, "Coarse on one side, fine on the other"],
        ["Magnetic rack 45 cm", "Werkbank", "69.00", 30, "Oak, holds eight knives"],
      ]),
      child("Pans", "PAN", [
        ["Cast iron pan 26 cm", "Gusswerk", "74.00", 60, "Seasoned, for every stove and the fire"],
        ["Carbon steel pan 28 cm", "Gusswerk", "64.00", 75, "Light, hot in a minute"],
        ["Casserole 5 l", "Gusswerk", "219.00", 20, "Enamelled inside and out"],
        ["Saucepan 1.5 l", "Hartmann", "89.00", 40, "Three layers, does not burn milk"],
        ["Splash guard", "Werkbank", "16.90", 140, "Fits 20 to 30 cm"],
      ]),
      child("Coffee", "COF", [
        ["Hand grinder", "Ishi", "119.00", 55, "Conical burrs of steel, 30 g"],
        ["Filter dripper", "Lakelight", "24.00", 95, "Ceramic, for one to four cups"],
        ["Paper filters, 100", "Lakelight", "6.50", 500, "Unbleached"],
        ["Gooseneck kettle 0.8 l", "Werkbank", "79.00", 35, "Pours where it is meant to"],
        ["Kitchen scale 0.1 g", "Werkbank", "45.00", 4, "With a timer; nearly sold out"],
      ]),
    ],
  },
];

export const SEED_CUSTOMERS: readonly { readonly username: string; readonly name: string }[] = [
  ["amara.okafor", "Amara Okafor"],
  ["ben.schulte", "Ben Schulte"],
  ["chiara.russo", "Chiara Russo"],
  ["david.novak", "David Novák"],
  ["elif.demir", "Elif Demir"],
  ["finn.larsen", "Finn Larsen"],
  ["grace.lee", "Grace Lee"],
  ["hugo.martin", "Hugo Martin"],
  ["ines.pereira", "Inês Pereira"],
  ["jan.kowalski", "Jan Kowalski"],
  ["kira.petrova", "Kira Petrova"],
  ["liam.murphy", "Liam Murphy"],
].map(([username = "", name = ""]) => ({ username, name }));

export const SEED_ADDRESS = {
  street: "12 Harbour Street",
  city: "Bristol",
  postal_code: "BS1 4RW",
  country: "United Kingdom",
};

function child(name: string, code: string, rows: readonly Row[]): SeedCategory["children"][number] {
  return {
    name,
    products: rows.map(([product, brand, price, quantity, description], index) => ({
      sku: `${code}-${String(index + 1).padStart(3, "0")}`,
      name: product,
      description,
      brand,
      price,
      quantity,
    })),
  };
}
