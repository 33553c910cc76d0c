"""From stain densities to pixels: light through the smear, lens and camera."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from export_tools.phantom.style import PhantomStyle
from export_tools.phantom.texture import Field, smooth_noise


def transmit(stains: Field, style: PhantomStyle) -> Field:
    """Share of light that passes, by Beer and Lambert: float32 (h, w, 3), 0 to 1.

    Args:
        stains: float32 (h, w, 4), density of haemoglobin, eosin, azure and blue.
    """
    vectors = np.array([style.haemoglobin, style.eosin, style.azure, style.blue], np.float32)
    density = cv2.transform(stains, np.ascontiguousarray(-vectors.T))
    return np.asarray(cv2.exp(density), dtype=np.float32)


def photograph(
    light: Field, style: PhantomStyle, rng: np.random.Generator, um_per_px: float, supersample: int
) -> NDArray[np.uint8]:
    """Blur, illuminate, sample, sharpen and add noise: uint8 (h, w, 3) RGB at the camera's pixels.

    Args:
        light: float32 share of light that passes, (h * supersample, w * supersample, 3).
        um_per_px: size of a camera pixel on the glass, micrometres.
    """
    sigma = max(0.3, style.psf_um / um_per_px * supersample)
    blurred = cv2.GaussianBlur(light, (0, 0), sigma, borderType=cv2.BORDER_REFLECT)
    height, width = light.shape[0] // supersample, light.shape[1] // supersample
    image = np.asarray(cv2.resize(blurred, (width, height), interpolation=cv2.INTER_AREA), dtype=np.float32)
    shift = style.fringe_um / um_per_px
    if shift > 0.05:
        for channel, sign in ((0, 1.0), (2, -1.0)):
            move = np.array([[1, 0, sign * shift * 0.8], [0, 1, sign * shift * 0.6]])
            plane = np.ascontiguousarray(image[..., channel])
            image[..., channel] = cv2.warpAffine(
                plane,
                move,
                (width, height),
                borderMode=cv2.BORDER_REFLECT,
            )
    x = np.linspace(-1.0, 1.0, width, dtype=np.float32)[None, :]
    y = np.linspace(-1.0, 1.0, height, dtype=np.float32)[:, None]
    lamp = 1.0 - np.float32(style.vignette / 2) * (x * x + y * y) + style.slope[0] * x + style.slope[1] * y
    image *= lamp.astype(np.float32)[..., None] * np.array(style.background, np.float32)
    if style.sharpen > 0:
        image += np.float32(style.sharpen) * (image - cv2.GaussianBlur(image, (0, 0), 1.2))
    # Shot noise follows the light, a floor stays; neighbours share some of it after demosaicing.
    grain = rng.standard_normal(image.shape, dtype=np.float32)
    grain = 0.6 * grain + 0.9 * cv2.GaussianBlur(grain, (0, 0), 0.8)
    level = np.sqrt(np.clip(image, 0.0, 255.0) * np.float32(0.85 / 255.0) + np.float32(0.15))
    image += grain * level * np.float32(style.noise)
    pixels = np.clip(np.rint(image), 0, 255).astype(np.uint8)
    if style.jpeg_quality is not None:
        pixels = through_jpeg(pixels, style.jpeg_quality)
    return np.ascontiguousarray(pixels)


def through_jpeg(pixels: NDArray[np.uint8], quality: int) -> NDArray[np.uint8]:
    """The picture after a round trip through JPEG: uint8 (h, w, 3) RGB."""
    done, data = cv2.imencode(".jpg", pixels[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])
    if not done:
        raise RuntimeError("OpenCV could not encode a JPEG")
    read = cv2.imdecode(data, cv2.IMREAD_COLOR)
    if read is None:
        raise RuntimeError("OpenCV could not read its own JPEG")
    return np.ascontiguousarray(read[..., ::-1], dtype=np.uint8)


def haze(shape: tuple[int, int], rng: np.random.Generator, amount: float, scale: float) -> Field:
    """Dried plasma between the cells: faint, cloudy and streaked density, float32 of that shape."""
    quarter = (shape[0] // 4 + 1, shape[1] // 4 + 1)
    clouds = smooth_noise(rng, quarter, 9.0 * scale / 4) + 0.5 * smooth_noise(rng, quarter, 1.8 * scale / 4)
    clouds = np.clip(0.8 + 0.45 * clouds, 0.0, 3.0) * np.float32(amount)
    grown = cv2.resize(clouds, (shape[1], shape[0]), interpolation=cv2.INTER_LINEAR)
    return np.asarray(grown, dtype=np.float32)
