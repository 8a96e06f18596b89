/**
 * Colour: a share as the lightness of one hue, from that of the page to saturated; the ramps are those of the diagrams.
 *
 * Source: Ottosson, A perceptual color space for image processing (OKLab), 2020; contrast as in WCAG 2.
 */

import type { Ramp } from "./data";

type Linear = [number, number, number];

export interface Shade {
  fill: string;
  /** The colour of text on it that is read better. */
  text: string;
}

/** The shade of a part of the greatest share, 0 to 1. */
export function shade(ramp: Ramp, part: number): Shade {
  const within = Math.min(Math.max(part, 0), 1);
  const lightness = ramp.light + (ramp.saturated - ramp.light) * within;
  const turn = (ramp.hue * Math.PI) / 180;
  const chroma = ramp.chroma * within;
  const fill = hex(linear(lightness, chroma * Math.cos(turn), chroma * Math.sin(turn)));
  return { fill, text: contrast(ramp.ink, fill) >= contrast(ramp.paper, fill) ? ramp.ink : ramp.paper };
}

/** The contrast of two colours, 1 to 21. */
export function contrast(one: string, other: string): number {
  const [a, b] = [luminance(one), luminance(other)];
  return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
}

function luminance(colour: string): number {
  const [r, g, b] = [1, 3, 5].map((at) => decoded(parseInt(colour.slice(at, at + 2), 16) / 255)) as Linear;
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

/** OKLab to linear sRGB. */
function linear(lightness: number, a: number, b: number): Linear {
  const long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const middle = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const small = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3;
  return [
    4.0767416621 * long - 3.3077115913 * middle + 0.2309699292 * small,
    -1.2684380046 * long + 2.6097574011 * middle - 0.3413193965 * small,
    -0.0041960863 * long - 0.7034186147 * middle + 1.707614701 * small,
  ];
}

function hex(colour: Linear): string {
  const channel = (c: number): string =>
    Math.round(255 * encoded(Math.min(Math.max(c, 0), 1))).toString(16).padStart(2, "0");
  return `#${colour.map(channel).join("")}`;
}

function encoded(c: number): number {
  return c <= 0.0031308 ? 12.92 * c : 1.055 * c ** (1 / 2.4) - 0.055;
}

function decoded(c: number): number {
  return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
}
