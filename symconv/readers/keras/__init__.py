"""The Keras reader: a built keras.Model in, a Network out; keras is imported when a model is read."""

from symconv.readers.keras.load import read_keras

__all__ = ["read_keras"]
