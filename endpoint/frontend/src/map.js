// Rows as places: by columns of latitude and longitude, by points in WKT, or by the places of the things they name.
import * as Plot from "@observablehq/plot";
import { feature } from "topojson-client";
import world from "world-atlas/land-110m.json";
import { colours, label, put } from "./drawing.js";
import question from "./places.rq";
import { element } from "./words.js";

const land = feature(world, world.objects.land);
const POINT = /POINT\s*\(\s*(-?[\d.]+)[\s,]+(-?[\d.]+)\s*\)/i;
const MOST_ASKED = 500;

export async function draw(answer, parts, { words, service }) {
  const places = ofColumns(answer) ?? ofPoints(answer) ?? await ofThings(answer, service);
  if (!places.length) {
    parts.drawing.replaceChildren(words("no-place"));
    return;
  }
  const { accent, line, paper, soft } = colours();
  const box = extent(places);
  put(parts.drawing, {
    height: 420,
    projection: { type: box.wide ? "equal-earth" : "mercator", domain: box.wide ? { type: "Sphere" } : box.shape, inset: 24,
      rotate: box.wide ? [-150, 0] : undefined },
    marks: [
      Plot.geo(land, { fill: line, stroke: paper, strokeWidth: 0.5 }),
      Plot.frame({ stroke: line }),
      Plot.dot(places, { x: "long", y: "lat", r: 5, fill: accent, fillOpacity: 0.85, stroke: paper, title: "name" }),
      Plot.text(places.length <= 40 ? places : [], { x: "long", y: "lat", text: "name", dy: -9, fill: soft, stroke: paper, strokeWidth: 3, fontSize: 11 }),
    ],
  }, places.map((place) => place.name).join(", "));
  const seen = new Set(places.flatMap((place) => place.rows));
  parts.caption.prepend(element("span", { textContent: words("drawn", { number: seen.size, total: answer.rows.length }) }));
}

function ofColumns({ names, rows }) {
  const lat = names.find((name) => /^(lat|latitude)$/i.test(name));
  const long = names.find((name) => /^(long?|lng|longitude)$/i.test(name));
  if (!lat || !long) return null;
  const named = names.find((name) => ![lat, long].includes(name));
  return rows.map((row, number) => ({
    lat: Number(row[lat]?.value), long: Number(row[long]?.value), name: label(row[named]), rows: [number],
  })).filter((place) => Number.isFinite(place.lat) && Number.isFinite(place.long));
}

function ofPoints({ names, rows }) {
  const column = names.find((name) => rows.some((row) => POINT.test(row[name]?.value ?? "")));
  if (!column) return null;
  const named = names.find((name) => name !== column);
  return rows.flatMap((row, number) => {
    const point = POINT.exec(row[column]?.value ?? "");
    return point ? [{ long: Number(point[1]), lat: Number(point[2]), name: label(row[named]), rows: [number] }] : [];
  });
}

async function ofThings({ rows }, service) {
  const named = new Map();
  rows.forEach((row, number) => Object.values(row).filter((term) => term.type === "uri").forEach((term) => {
    const entry = named.get(term.value) ?? { name: label(term), rows: [] };
    entry.rows.push(number);
    named.set(term.value, entry);
  }));
  const things = [...named.keys()].filter((iri) => !/[<>"{}|^`\\\s]/.test(iri)).slice(0, MOST_ASKED);
  if (!things.length) return [];
  const response = await fetch(service, {
    method: "POST",
    headers: { Accept: "application/sparql-results+json" },
    body: new URLSearchParams({ query: question.replace("THINGS", things.map((iri) => `<${iri}>`).join(" ")) }),
  });
  const found = new Map();
  for (const { thing, lat, long, wkt } of (await response.json()).results.bindings) {
    const point = POINT.exec(wkt?.value ?? "");
    const place = point ? { long: Number(point[1]), lat: Number(point[2]) } : { lat: Number(lat?.value), long: Number(long?.value) };
    if (Number.isFinite(place.lat) && Number.isFinite(place.long)) found.set(thing.value, { ...place, ...named.get(thing.value) });
  }
  return [...found.values()];
}

function extent(places) {
  const longs = places.map((place) => place.long);
  const lats = places.map((place) => place.lat);
  const [west, east, south, north] = [Math.min(...longs), Math.max(...longs), Math.min(...lats), Math.max(...lats)];
  const margin = Math.max(1.5, (east - west) * 0.08, (north - south) * 0.08);
  const corners = [[west - margin, south - margin], [east + margin, north + margin]];
  return { wide: east - west > 60 || north - south > 60, shape: { type: "MultiPoint", coordinates: corners } };
}
