#!/usr/bin/env bash
# A shop's first sale, from registration to the list of orders, by curl alone: examples/storefront/flow.sh
# Wants a new database, in development, where the first to register looks after the shop.
set -euo pipefail
API=${COUNTINGHOUSE_URL:-http://localhost:8000}/api/v1

# Sends JSON and prints the answer; an answer of 4xx or 5xx ends the script and is shown.
send() {
  local method=$1 path=$2
  shift 2
  curl --silent --show-error --fail-with-body --request "$method" "$API$path" \
    --header 'Content-Type: application/json' "$@" || { echo >&2; return 1; }
}

# The value of a field that stands in the outermost object of an answer.
field() {
  node -e 'process.stdout.write(String(JSON.parse(require("fs").readFileSync(0, "utf8"))[process.argv[1]]))' "$1"
}

echo "1. Register"
send POST /auth/register --data \
  '{"username":"testuser","email":"test@example.com","password":"SecurePassword123!","full_name":"Test User"}'
echo

echo "2. Log in"
TOKEN=$(curl --silent --show-error --fail-with-body --request POST "$API/auth/login" \
  --header 'Content-Type: application/x-www-form-urlencoded' \
  --data 'username=testuser&password=SecurePassword123!' | field access_token)
AUTH="Authorization: Bearer $TOKEN"

echo "3. Add a category"
send POST /categories --header "$AUTH" --data \
  '{"name":"Electronics","description":"Electronic devices and accessories"}'
echo

echo "4. Add a product with 50 in stock"
send POST /products --header "$AUTH" --data \
  '{"name":"Wireless Headphones","description":"High-quality wireless headphones","sku":"WH-001","price":299.99,"category_id":1,"brand":"TechBrand","initial_quantity":50}'
echo

echo "5. Order two"
send POST /orders --header "$AUTH" --data \
  '{"items":[{"product_id":1,"quantity":2}],"shipping_address":{"street":"123 Main St","city":"Anytown","state":"NY","postal_code":"12345","country":"USA"},"payment_method":"credit_card"}'
echo

echo "6. List the orders"
send GET /orders --header "$AUTH"
echo
