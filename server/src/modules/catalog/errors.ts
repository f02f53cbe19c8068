// The catalog's refusals. Codes are a promise to clients and never renamed.
import { type ErrorEntry, refusalsOf } from "../../values/app-error.ts";

export const CATALOG_ERRORS = {
  product_not_found: {
    kind: "not_found",
    title: "There is no such product, or it is not for sale.",
    wayOut: "Check the id; GET /products finds what there is.",
  },
  category_not_found: {
    kind: "not_found",
    title: "There is no such category.",
    wayOut: "Check the id; GET /categories lists them.",
  },
  unknown_category: {
    kind: "refused",
    title: "The category that is named does not exist.",
    wayOut: "Create it with POST /categories, or name another.",
  },
  sku_taken: {
    kind: "conflict",
    title: "Another product has this SKU, perhaps an archived one.",
    wayOut: "GET /products?sku= finds it: change that product, or use another SKU.",
  },
  slug_taken: {
    kind: "conflict",
    title: "Another category has this slug.",
    wayOut: "Use another slug, or none: then it is made from the name.",
  },
  category_cycle: {
    kind: "refused",
    title: "A category cannot lie below itself.",
    wayOut: "Move it below a category that is not of its own subtree.",
  },
  category_too_deep: {
    kind: "refused",
    title: "Categories can be nested eight levels deep.",
    wayOut: "Move it to a higher level.",
  },
  category_not_empty: {
    kind: "refused",
    title: "The category still has products or categories below it.",
    wayOut: "Move or archive the products and move or remove the categories first.",
  },
  image_not_found: {
    kind: "not_found",
    title: "There is no such image.",
    wayOut: "Take the url from the product's images.",
  },
  image_type_refused: {
    kind: "invalid",
    title: "The file is not a JPEG, PNG, GIF, WebP or AVIF image, whatever its name says.",
    wayOut: "Convert it; SVG is refused because it can carry programs.",
  },
  image_broken: {
    kind: "invalid",
    title: "The image is damaged or did not arrive whole.",
    wayOut: "Send it again, or save it anew.",
  },
  image_not_alone: {
    kind: "invalid",
    title: "Something follows the end of the image: a video, a second picture, an archive or other bytes.",
    wayOut: "Save it anew as one still picture; phones call it exporting without the motion or live photo.",
  },
  image_too_large: {
    kind: "invalid",
    title: "The image has too many pixels.",
    wayOut: "Make it smaller.",
  },
  too_many_images: {
    kind: "refused",
    title: "The product has as many images as it may have.",
    wayOut: "Remove one first.",
  },
} as const satisfies Record<string, ErrorEntry>;

export const catalogError = refusalsOf(CATALOG_ERRORS);
