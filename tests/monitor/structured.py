"""Twenty texts that repeat as they must: tables, lists, JSON and code, written by hand. An alarm on one is false."""

TABLES = [
    """| Country | Capital | Population |
| --- | --- | --- |
| France | Paris | 68 million |
| Germany | Berlin | 84 million |
| Spain | Madrid | 48 million |
| Italy | Rome | 59 million |
| Portugal | Lisbon | 10 million |
| Austria | Vienna | 9 million |
| Denmark | Copenhagen | 6 million |
""",
    """Name            Age    City         Status
--------------------------------------------
Anna Keller     34     Hamburg      active
Ben Okafor      27     Lagos        active
Carla Jimenez   41     Valencia     inactive
David Chen      38     Taipei       active
Elif Yilmaz     29     Izmir        active
Fatima Noor     52     Lahore       inactive
Georg Huber     45     Linz         active
""",
    """| Time | Monday | Tuesday | Wednesday | Thursday | Friday |
|------|--------|---------|-----------|----------|--------|
| 9:00 | Maths | English | Maths | Physics | English |
| 10:00 | Physics | Maths | English | Maths | History |
| 11:00 | Break | Break | Break | Break | Break |
| 12:00 | English | History | Physics | English | Maths |
| 13:00 | Lunch | Lunch | Lunch | Lunch | Lunch |
| 14:00 | History | Physics | History | Art | Physics |
| 15:00 | Art | Art | Sport | Sport | Art |
""",
    """Quarter,Region,Revenue,Costs,Profit
2023 Q1,North,1200,900,300
2023 Q1,South,1100,850,250
2023 Q2,North,1350,950,400
2023 Q2,South,1180,870,310
2023 Q3,North,1410,990,420
2023 Q3,South,1220,900,320
2023 Q4,North,1500,1010,490
2023 Q4,South,1310,940,370
""",
    """        0   1   2   3   4
    +---+---+---+---+---+
  0 | . | . | X | . | . |
    +---+---+---+---+---+
  1 | . | O | . | . | . |
    +---+---+---+---+---+
  2 | . | . | . | X | . |
    +---+---+---+---+---+
  3 | O | . | . | . | . |
    +---+---+---+---+---+
""",
]

LISTS = [
    """1. Wash the vegetables under cold water.
2. Peel the carrots and cut them into thin slices.
3. Chop the onion into small pieces.
4. Heat two tablespoons of oil in a large pan.
5. Add the onion and cook for five minutes.
6. Add the carrots and cook for ten minutes.
7. Add the stock and bring to the boil.
8. Season with salt and pepper and serve.
""",
    """- Milk, 2 litres
- Eggs, 12 pieces
- Butter, 250 grams
- Flour, 1 kilogram
- Sugar, 500 grams
- Apples, 6 pieces
- Cheese, 200 grams
- Bread, 1 loaf
- Coffee, 500 grams
- Tea, 100 grams
""",
    """Chapter 1: The Arrival ........ 3
Chapter 2: The House on the Hill ........ 17
Chapter 3: A Letter from Home ........ 34
Chapter 4: The Storm ........ 52
Chapter 5: The Long Winter ........ 71
Chapter 6: A Visitor ........ 90
Chapter 7: The Trial ........ 108
Chapter 8: Spring ........ 131
""",
    """Q: What is the boiling point of water at sea level?
A: 100 degrees Celsius.

Q: What is the chemical symbol for gold?
A: Au.

Q: What is the largest planet in the solar system?
A: Jupiter.

Q: What is the speed of light in a vacuum?
A: About 300,000 kilometres per second.

Q: What is the capital of Australia?
A: Canberra.
""",
    """* [x] Set up the repository
* [x] Write the parser
* [ ] Write the documentation
* [ ] Add tests for the parser
* [ ] Add tests for the command line
* [ ] Publish the package
* [ ] Announce the release
""",
]

JSON = [
    """[
  {"id": 1, "name": "Anna", "email": "anna@example.org", "active": true},
  {"id": 2, "name": "Ben", "email": "ben@example.org", "active": true},
  {"id": 3, "name": "Carla", "email": "carla@example.org", "active": false},
  {"id": 4, "name": "David", "email": "david@example.org", "active": true},
  {"id": 5, "name": "Elif", "email": "elif@example.org", "active": true}
]
""",
    """{
  "openapi": "3.0.0",
  "paths": {
    "/users": {"get": {"summary": "List users", "responses": {"200": {"description": "OK"}}}},
    "/orders": {"get": {"summary": "List orders", "responses": {"200": {"description": "OK"}}}},
    "/items": {"get": {"summary": "List items", "responses": {"200": {"description": "OK"}}}},
    "/invoices": {"get": {"summary": "List invoices", "responses": {"200": {"description": "OK"}}}}
  }
}
""",
    """{"type": "FeatureCollection", "features": [
  {"type": "Feature", "geometry": {"type": "Point", "coordinates": [13.40, 52.52]}, "properties": {"name": "Berlin"}},
  {"type": "Feature", "geometry": {"type": "Point", "coordinates": [2.35, 48.86]}, "properties": {"name": "Paris"}},
  {"type": "Feature", "geometry": {"type": "Point", "coordinates": [-0.13, 51.51]}, "properties": {"name": "London"}},
  {"type": "Feature", "geometry": {"type": "Point", "coordinates": [12.50, 41.90]}, "properties": {"name": "Rome"}}
]}
""",
    """{
  "name": "demo",
  "version": "1.4.2",
  "scripts": {"build": "tsc", "test": "vitest", "lint": "eslint ."},
  "dependencies": {"react": "^18.2.0", "react-dom": "^18.2.0", "zod": "^3.22.4", "axios": "^1.6.2"},
  "devDependencies": {"typescript": "^5.3.3", "vitest": "^1.1.0", "eslint": "^8.56.0"}
}
""",
    """{"matrix": [[1, 0, 0, 0, 0], [0, 1, 0, 0, 0], [0, 0, 1, 0, 0], [0, 0, 0, 1, 0], [0, 0, 0, 0, 1]],
 "weights": [0.1, 0.2, 0.2, 0.1, 0.4], "bias": [0, 0, 0, 0, 0], "labels": ["a", "b", "c", "d", "e"]}
""",
]

CODE = [
    """class Point:
    def __init__(self, x, y, z):
        self.x = x
        self.y = y
        self.z = z

    def __add__(self, other):
        return Point(self.x + other.x, self.y + other.y, self.z + other.z)

    def __sub__(self, other):
        return Point(self.x - other.x, self.y - other.y, self.z - other.z)

    def __mul__(self, k):
        return Point(self.x * k, self.y * k, self.z * k)
""",
    """def test_empty():
    assert parse("") == []

def test_one():
    assert parse("a") == ["a"]

def test_two():
    assert parse("a,b") == ["a", "b"]

def test_blank():
    assert parse(" ") == [" "]

def test_quoted():
    assert parse('"a,b"') == ["a,b"]
""",
    """if (key === 'ArrowUp') {
  player.y -= speed;
} else if (key === 'ArrowDown') {
  player.y += speed;
} else if (key === 'ArrowLeft') {
  player.x -= speed;
} else if (key === 'ArrowRight') {
  player.x += speed;
} else if (key === ' ') {
  player.jump();
}
""",
    """CREATE TABLE users (
    id INTEGER PRIMARY KEY,
    name VARCHAR(100) NOT NULL,
    email VARCHAR(255) NOT NULL,
    created_at TIMESTAMP NOT NULL
);

CREATE TABLE orders (
    id INTEGER PRIMARY KEY,
    user_id INTEGER NOT NULL REFERENCES users(id),
    total NUMERIC(10, 2) NOT NULL,
    created_at TIMESTAMP NOT NULL
);
""",
    """<ul class="menu">
  <li class="item"><a href="/home">Home</a></li>
  <li class="item"><a href="/products">Products</a></li>
  <li class="item"><a href="/prices">Prices</a></li>
  <li class="item"><a href="/about">About us</a></li>
  <li class="item"><a href="/contact">Contact</a></li>
</ul>
""",
]

STRUCTURED = {
    f"{kind} {number}": text
    for kind, texts in (("table", TABLES), ("list", LISTS), ("json", JSON), ("code", CODE))
    for number, text in enumerate(texts, start=1)
}
