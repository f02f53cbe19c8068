// The door of carts: what customers and guests gather before it becomes an order.
export { CART_ERRORS } from "./errors.ts";
export { cartTasks } from "./jobs.ts";
export { cartRoutes } from "./routes.ts";
export { type CartDifference, verifyCarts } from "./verify-carts.ts";
