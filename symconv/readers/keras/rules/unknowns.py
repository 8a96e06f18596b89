"""Layers and operations whose shapes are Keras's to say, and whose arithmetic is a named unknown."""

from __future__ import annotations

from typing import Any

from symconv.readers.keras.call import Call
from symconv.readers.keras.inferring import opaque
from symconv.readers.keras.registry import OPS, unknown


@unknown("its arithmetic depends on values, or has no rule yet", *(
    "Solarization", "Equalization", "ContrastLimitedAdaptiveHistogramEqualization", "RandomCrop",
    "MaxNumBoundingBoxes", "MelSpectrogram", "STFTSpectrogram", "TorchModuleWrapper", "JaxLayer", "FlaxLayer",
    "TFSMLayer",
))  # fmt: skip
def _layer(call: Call) -> Any:
    if call.kind == "RandomCrop":
        call.reader.note(call.name, "RandomCrop has the crop's shape, as Keras says; inference hands the images on")
    return opaque(call)


@unknown("its arithmetic depends on values, on an algorithm, or on code that is called", *(
    "AllClose", "Erfinv", "Gcd", "Lcm", "Nextafter", "I0", "Arange", "Argsort", "Bincount", "Cross", "Digitize",
    "Geomspace", "IsIn", "Kron", "Linspace",
    "Logspace", "Median", "Nanmedian", "Nanpercentile", "Nanquantile", "Nonzero", "Percentile", "Quantile",
    "SearchSorted", "Sort", "Trapezoid", "Vander", "Corrcoef", "Correlate", "Select", "Slogdet", "Argpartition",
    "Histogram", "Unique", "Sparsemax", "BinaryCrossentropy", "CategoricalCrossentropy",
    "SparseCategoricalCrossentropy", "CTCLoss", "CTCDecode", "PSNR", "Polar", "Fold", "Map", "Scan", "AssociativeScan",
    "Switch", "WhileLoop", "ForiLoop", "Cond", "VectorizedMap", "SegmentReduction", "SegmentSum", "SegmentMax",
    "SegmentMin", "SegmentProd", "TopK", "InTopK", "CDist", "FFT", "FFT2", "IFFT2", "RFFT", "IRFFT", "STFT", "ISTFT",
    "Logdet", "RGBToHSV", "HSVToRGB", "AffineTransform", "MapCoordinates", "PerspectiveTransform", "GaussianBlur",
    "ElasticTransform", "ScaleAndTranslate", "SobelEdges", "SSIM", "Cholesky", "CholeskyInverse", "Det", "Eig", "Eigh",
    "Inv", "LuFactor", "Qr", "Solve", "SolveTriangular", "SVD", "Lstsq", "MatrixRank", "Pinv", "JVP",
), domain=OPS)  # fmt: skip
def _operation(call: Call) -> Any:
    return opaque(call)
